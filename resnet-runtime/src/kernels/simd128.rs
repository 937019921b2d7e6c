//! WebAssembly's vectors of 128 bits: 4 `f32`.

use core::arch::wasm32::*;

use super::vector::{Kernel, Vector};

/// 4 `f32` in a register.
#[derive(Clone, Copy)]
pub(crate) struct Simd128(v128);

// The module is compiled where every processor has these instructions: most of
// the intrinsics are safe. Every `unsafe` is on memory that callers promise is
// there.
impl Vector for Simd128 {
    type Element = f32;
    const LANES: usize = 4;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self(f32x4_splat(value))
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { v128_load(from.cast()) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { v128_store(to.cast(), self.0) }
    }
    #[inline(always)]
    unsafe fn mul_add(self, by: Self, to: Self) -> Self {
        // Two roundings: with one, each engine may choose how many there are.
        Self(f32x4_add(f32x4_mul(self.0, by.0), to.0))
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Self(f32x4_add(self.0, other.0))
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        Self(f32x4_sub(self.0, other.0))
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        Self(f32x4_mul(self.0, other.0))
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        Self(f32x4_div(self.0, other.0))
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        Self(f32x4_sqrt(self.0))
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        // `b < a ? b : a`.
        Self(f32x4_pmin(other.0, self.0))
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // `a < b ? b : a`.
        Self(f32x4_pmax(other.0, self.0))
    }
    #[inline(always)]
    unsafe fn where_positive(self, by: Self) -> Self {
        Self(v128_and(self.0, positive(by)))
    }
    #[inline(always)]
    unsafe fn where_positive_or(self, by: Self, other: Self) -> Self {
        Self(v128_bitselect(self.0, other.0, positive(by)))
    }
    #[inline(always)]
    unsafe fn spread_lanes<const G: usize, const PLACE: usize>(self) -> Self {
        Self(match (G, PLACE) {
            (1, 0) => self.0,
            (2, 0) => i32x4_shuffle::<0, 0, 2, 2>(self.0, self.0),
            (2, 1) => i32x4_shuffle::<1, 1, 3, 3>(self.0, self.0),
            _ => unreachable!(),
        })
    }
    #[inline(always)]
    unsafe fn scale(self, exponent: Self) -> Self {
        // Two factors: one alone couldn't reach denormal numbers.
        let exponent = i32x4_trunc_sat_f32x4(exponent.0);
        let first = i32x4_shr(exponent, 1);
        let power = |exponent| i32x4_shl(i32x4_add(exponent, i32x4_splat(127)), 23);
        let second = power(i32x4_sub(exponent, first));
        Self(f32x4_mul(f32x4_mul(self.0, power(first)), second))
    }
    #[inline(never)]
    unsafe fn enter<K: Kernel<Self>>(args: &K::Args) {
        // SAFETY: the caller's promise.
        unsafe { K::run(args) }
    }
    #[inline(always)]
    unsafe fn maximum(self, other: Self) -> Self {
        Self(f32x4_max(self.0, other.0))
    }
    #[inline(always)]
    unsafe fn split_below(self, a: Self, b: Self) -> (Self, Self) {
        let below = f32x4_lt(a.0, b.0);
        (
            Self(v128_and(self.0, below)),
            Self(v128_andnot(self.0, below)),
        )
    }
}

/// All bits of the lanes that are above zero.
#[inline(always)]
fn positive(lanes: Simd128) -> v128 {
    f32x4_gt(lanes.0, f32x4_splat(0.0))
}
