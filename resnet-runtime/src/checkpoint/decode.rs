//! Elements of files.

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use super::Bytes;
use super::half::{from_bf16, from_f16};
use crate::parameters::from_pieces;
use crate::{Element, Error, ParameterInfo};

/// True for the types that [`read`] converts.
pub(super) fn is_float(dtype: &str) -> bool {
    matches!(dtype, "F32" | "F16" | "BF16" | "F64")
}

/// Puts a parameter's values, little-endian bytes of a file from `at` on, where
/// memory for them begins.
///
/// # Panics
///
/// When they are no floats.
pub(super) fn read<E: Element>(
    dtype: &str,
    file: &dyn Bytes,
    at: usize,
    parameter: &ParameterInfo,
    memory: &mut [E],
) -> Result<(), Error> {
    match dtype {
        "F16" => put(file, at, parameter, memory, |b| {
            E::from_f64(f64::from(from_f16(u16::from_le_bytes(b))))
        }),
        "BF16" => put(file, at, parameter, memory, |b| {
            E::from_f64(f64::from(from_bf16(u16::from_le_bytes(b))))
        }),
        "F32" => put(file, at, parameter, memory, |b| {
            E::from_f64(f64::from(f32::from_le_bytes(b)))
        }),
        "F64" => put(file, at, parameter, memory, |b| {
            E::from_f64(f64::from_le_bytes(b))
        }),
        _ => panic!("elements of {dtype}: the header was checked"),
    }
}

fn put<E: Element, const N: usize>(
    file: &dyn Bytes,
    at: usize,
    parameter: &ParameterInfo,
    memory: &mut [E],
    decode: impl Fn([u8; N]) -> E,
) -> Result<(), Error> {
    from_pieces(
        parameter,
        memory,
        &mut Vec::new(),
        |piece: &mut Vec<[u8; N]>, elements| {
            piece.resize(elements.len(), [0; N]);
            file.read(at + N * elements.start, piece.as_flattened_mut())
        },
        |piece, place| decode(piece[place]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    #[test]
    fn every_type() {
        fn value<E: Element>(dtype: &str, bytes: &[u8]) -> E {
            let parameter = ParameterInfo::new("p", &[1], Role::Bias, 0);
            let mut memory = [E::ZERO; 16];
            let file = &[&[9], bytes].concat();
            assert!(is_float(dtype));
            read(dtype, file, 1, &parameter, &mut memory).unwrap();
            memory[0]
        }
        assert_eq!(value::<f64>("F32", &1.5f32.to_le_bytes()), 1.5);
        assert_eq!(value::<f32>("F64", &0.1f64.to_le_bytes()), 0.1);
        assert_eq!(value::<f32>("F16", &[0, 0xc0]), -2.0);
        assert_eq!(value::<f32>("BF16", &[0x80, 0x3f]), 1.0);
        assert!(!is_float("I64"));
    }
}
