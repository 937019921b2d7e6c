//! AVX2 with FMA: vectors of 8 `f32`.

use core::arch::x86_64::*;

use super::vector::{Kernel, Vector};

/// 8 `f32` in a register.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(__m256);

// Every `unsafe` below calls an intrinsic of AVX2 and FMA, which the trait's
// callers promise the processor has, on memory that they promise is there.
impl Vector for Avx2 {
    type Element = f32;
    const LANES: usize = 8;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm256_set1_ps(value) })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm256_loadu_ps(from) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { _mm256_storeu_ps(to, self.0) }
    }
    #[inline(always)]
    unsafe fn mul_add(self, by: Self, to: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm256_fmadd_ps(self.0, by.0, to.0) })
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm256_add_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm256_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm256_mul_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm256_div_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm256_sqrt_ps(self.0) })
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm256_min_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm256_max_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn where_positive(self, by: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe {
            _mm256_and_ps(
                _mm256_cmp_ps::<_CMP_GT_OQ>(by.0, _mm256_setzero_ps()),
                self.0,
            )
        })
    }
    #[inline(always)]
    unsafe fn where_positive_or(self, by: Self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe {
            let above = _mm256_cmp_ps::<_CMP_GT_OQ>(by.0, _mm256_setzero_ps());
            _mm256_blendv_ps(other.0, self.0, above)
        })
    }
    #[inline(always)]
    unsafe fn scale(self, exponent: Self) -> Self {
        // Two factors: one alone couldn't reach denormal numbers.
        // SAFETY: the caller's promise.
        Self(unsafe {
            let exponent = _mm256_cvtps_epi32(exponent.0);
            let first = _mm256_srai_epi32::<1>(exponent);
            let power = |exponent| {
                let biased = _mm256_add_epi32(exponent, _mm256_set1_epi32(127));
                _mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased))
            };
            let second = power(_mm256_sub_epi32(exponent, first));
            _mm256_mul_ps(_mm256_mul_ps(self.0, power(first)), second)
        })
    }
    #[inline(always)]
    unsafe fn spread_lanes<const G: usize, const PLACE: usize>(self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe {
            match (G, PLACE) {
                (1, 0) => self.0,
                (2, 0) => _mm256_permute_ps::<0b10_10_00_00>(self.0),
                (2, 1) => _mm256_permute_ps::<0b11_11_01_01>(self.0),
                (4, 0) => _mm256_permute_ps::<0b00_00_00_00>(self.0),
                (4, 1) => _mm256_permute_ps::<0b01_01_01_01>(self.0),
                (4, 2) => _mm256_permute_ps::<0b10_10_10_10>(self.0),
                (4, 3) => _mm256_permute_ps::<0b11_11_11_11>(self.0),
                _ => unreachable!(),
            }
        })
    }
    #[inline(always)]
    unsafe fn prefetch_far(at: *const f32) {
        // SAFETY: a prefetch never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(at.cast()) }
    }
    #[inline(always)]
    unsafe fn prefetch(at: *const f32) {
        // SAFETY: a prefetch never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
    }
    #[inline(always)]
    fn opaque(mut at: *const f32) -> *const f32 {
        // SAFETY: no instructions at all.
        unsafe { core::arch::asm!("/* {} */", inout(reg) at, options(nostack, preserves_flags)) }
        at
    }
    #[target_feature(enable = "avx2,fma")]
    unsafe fn enter<K: Kernel<Self>>(args: &K::Args) {
        // SAFETY: the caller's promise.
        unsafe { K::run(args) }
    }
    #[inline(always)]
    unsafe fn maximum(self, other: Self) -> Self {
        // SAFETY: the caller's promise. `max` yields `other` where either is
        // NaN.
        unsafe {
            let is_nan = _mm256_cmp_ps::<_CMP_UNORD_Q>(self.0, self.0);
            Self(_mm256_blendv_ps(
                _mm256_max_ps(self.0, other.0),
                self.0,
                is_nan,
            ))
        }
    }
    #[inline(always)]
    unsafe fn split_below(self, a: Self, b: Self) -> (Self, Self) {
        // SAFETY: the caller's promise.
        unsafe {
            let below = _mm256_cmp_ps::<_CMP_LT_OQ>(a.0, b.0);
            (
                Self(_mm256_and_ps(below, self.0)),
                Self(_mm256_andnot_ps(below, self.0)),
            )
        }
    }
}
