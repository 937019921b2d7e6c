//! Elements of files.

use safetensors::tensor::Dtype;

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
            f64::from(f16(u16::from_le_bytes(b)))
        }),
        Dtype::BF16 => put(bytes, parameter, region, |b| {
            f64::from(bf16(u16::from_le_bytes(b)))
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

/// IEEE 754 half precision: 1 sign, 5 exponent and 10 mantissa bits.
fn f16(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let exponent = u32::from(bits >> 10) & 0x1f;
    let mantissa = u32::from(bits) & 0x3ff;
    let magnitude = match exponent {
        // Subnormal numbers count in steps of 2^-24.
        0 => (mantissa as f32 / (1 << 24) as f32).to_bits(),
        // Infinities and NaNs.
        0x1f => 0xff << 23 | mantissa << 13,
        // The exponent's bias is 15, and 127 in single precision.
        _ => (exponent + 127 - 15) << 23 | mantissa << 13,
    };
    f32::from_bits(sign | magnitude)
}

/// The upper half of a single-precision number.
fn bf16(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    #[test]
    fn every_f16() {
        for bits in 0..=u16::MAX {
            let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
            let exponent = i32::from(bits >> 10 & 0x1f);
            let mantissa = f64::from(bits & 0x3ff) / 1024.0;
            let found = f64::from(f16(bits));
            let expected = match (exponent, bits & 0x3ff) {
                (0, _) => sign * mantissa * 2f64.powi(-14),
                (31, 0) => sign * f64::INFINITY,
                (31, _) => f64::NAN,
                _ => sign * (1.0 + mantissa) * 2f64.powi(exponent - 15),
            };
            if expected.is_nan() {
                assert!(found.is_nan());
            } else {
                assert_eq!(found.to_bits(), expected.to_bits(), "{bits:#06x}");
            }
        }
    }

    #[test]
    fn known_values() {
        let known = [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x3555, 0.333_251_95),
        ];
        for (bits, value) in known {
            assert_eq!(f16(bits), value);
        }
        assert_eq!(bf16(0x3f80), 1.0);
        assert_eq!(bf16(0xc049), -3.140_625);
        assert_eq!(bf16(0xff80), f32::NEG_INFINITY);
        assert!(bf16(0x7fc0).is_nan());
    }

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
