//! Elements of files.

use safetensors::tensor::Dtype;

use super::half::{from_bf16, from_f16};
use crate::parameters::from_file;
use crate::{Element, ParameterInfo};

/// True for the types that [`read`] converts.
pub(super) fn is_float(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16 | Dtype::F64)
}

/// Puts a parameter's values, given as little-endian bytes, into its region of
/// memory, without a copy in between; false if they are no floats.
pub(super) fn read<E: Element>(
    dtype: Dtype,
    bytes: &[u8],
    parameter: &ParameterInfo,
    region: &mut [E],
) -> bool {
    match dtype {
        Dtype::F16 => put(bytes, parameter, region, |b| {
            f64::from(from_f16(u16::from_le_bytes(b)))
        }),
        Dtype::BF16 => put(bytes, parameter, region, |b| {
            f64::from(from_bf16(u16::from_le_bytes(b)))
        }),
        Dtype::F32 => put(bytes, parameter, region, |b| {
            f64::from(f32::from_le_bytes(b))
        }),
        Dtype::F64 => put(bytes, parameter, region, f64::from_le_bytes),
        _ => return false,
    }
    true
}

fn put<E: Element, const N: usize>(
    bytes: &[u8],
    parameter: &ParameterInfo,
    region: &mut [E],
    decode: impl Fn([u8; N]) -> f64,
) {
    let (elements, _) = bytes.as_chunks();
    from_file(parameter, |i| E::from_f64(decode(elements[i])), region);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    #[test]
    fn every_type() {
        fn values<E: Element>(dtype: Dtype, bytes: &[u8]) -> Option<Vec<E>> {
            let shapes: [&[usize]; 3] = [&[0], &[1], &[2]];
            let len = 8 * bytes.len() / dtype.bitsize();
            let parameter = ParameterInfo::new("p", shapes[len], Role::Bias, 0);
            let mut region = vec![E::ZERO; 64];
            let known = read(dtype, bytes, &parameter, &mut region);
            known.then(|| region[..len].to_vec())
        }
        assert_eq!(
            values(Dtype::F32, &1.5f32.to_le_bytes()),
            Some(vec![1.5f64])
        );
        assert_eq!(
            values(Dtype::F64, &0.1f64.to_le_bytes()),
            Some(vec![0.1f32])
        );
        assert_eq!(
            values(Dtype::F16, &[0, 0x3c, 0, 0xc0]),
            Some(vec![1.0f32, -2.0])
        );
        assert_eq!(values(Dtype::BF16, &[0x80, 0x3f]), Some(vec![1.0f32]));
        assert_eq!(values::<f32>(Dtype::I64, &[0; 8]), None);
    }
}
