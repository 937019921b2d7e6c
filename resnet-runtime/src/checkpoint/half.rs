//! Numbers of 16 bits.

#[cfg(not(feature = "std"))]
use crate::without_std::*;

/// IEEE 754 half precision: 1 sign, 5 exponent and 10 mantissa bits.
pub(super) fn from_f16(bits: u16) -> f32 {
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

/// The nearest number of half precision, the even one of two.
pub(super) fn to_f16(value: f64) -> u16 {
    let sign = u16::from(value.is_sign_negative()) << 15;
    let size = value.abs();
    let magnitude = if size.is_nan() {
        0x7e00
    } else if size >= 65520.0 {
        // From here on, halfway to 2^16, all rounds to infinity.
        0x7c00
    } else {
        // The exponent of the number's steps: 2^-24 at least.
        let exponent = (size.to_bits() >> 52) as i32 - 1023;
        let step = exponent.max(-14) - 10;
        let steps = (size * 2f64.powi(-step)).round_ties_even() as u16;
        // A normal number's steps are 1024 to 2047: the implied bit adds one to
        // the exponent, and so does rounding up to 2048.
        steps + (((step + 24) as u16) << 10)
    };
    sign | magnitude
}

/// The upper half of a single-precision number.
pub(super) fn from_bf16(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// The nearest upper half of a single-precision number, the even one of two.
pub(super) fn to_bf16(value: f64) -> u16 {
    let bits = (value as f32).to_bits();
    if value.is_nan() {
        return (bits >> 16) as u16 | 0x40;
    }
    let halfway = 0x7fff + (bits >> 16 & 1);
    ((bits + halfway) >> 16) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_f16() {
        for bits in 0..=u16::MAX {
            let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
            let exponent = i32::from(bits >> 10 & 0x1f);
            let mantissa = f64::from(bits & 0x3ff) / 1024.0;
            let found = f64::from(from_f16(bits));
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
                assert_eq!(to_f16(found), bits, "{bits:#06x}");
            }
        }
        assert!(from_f16(to_f16(f64::NAN)).is_nan());
    }

    #[test]
    fn every_f16_and_its_neighbour() {
        // Between any two, the nearer one; at the middle, the even one.
        for bits in 0..0x7bff {
            let (low, high) = (from_f16(bits), from_f16(bits + 1));
            let (low, high) = (f64::from(low), f64::from(high));
            let middle = (low + high) / 2.0;
            let nudge = (high - low) / 64.0;
            assert_eq!(to_f16(middle - nudge), bits);
            assert_eq!(to_f16(middle + nudge), bits + 1);
            assert_eq!(to_f16(-middle), 0x8000 | (bits + (bits & 1)));
        }
        assert_eq!(
            [65519.0, 65520.0, 1e300].map(to_f16),
            [0x7bff, 0x7c00, 0x7c00]
        );
    }

    #[test]
    fn every_bf16() {
        for bits in 0..=u16::MAX {
            let value = from_bf16(bits);
            if value.is_nan() {
                assert!(from_bf16(to_bf16(value.into())).is_nan());
            } else {
                assert_eq!(to_bf16(value.into()), bits);
            }
        }
        // Ties to even, and up to infinity.
        let between = |bits: u32| f64::from(f32::from_bits(bits));
        assert_eq!(to_bf16(between(0x3f80_8000)), 0x3f80);
        assert_eq!(to_bf16(between(0x3f81_8000)), 0x3f82);
        assert_eq!(to_bf16(between(0x3f80_8001)), 0x3f81);
        assert_eq!(to_bf16(f64::from(f32::MAX)), 0x7f80);
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
            assert_eq!(from_f16(bits), value);
        }
        assert_eq!(from_bf16(0x3f80), 1.0);
        assert_eq!(from_bf16(0xc049), -3.140_625);
        assert_eq!(from_bf16(0xff80), f32::NEG_INFINITY);
        assert!(from_bf16(0x7fc0).is_nan());
    }
}
