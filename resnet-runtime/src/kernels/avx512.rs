//! AVX-512F: vectors of 16 `f32`.

use core::arch::x86_64::*;

use super::vector::{Kernel, Vector};

/// 16 `f32` in a register.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(__m512);

// Every `unsafe` below calls an intrinsic of AVX-512F, which the trait's
// callers promise the processor has, on memory that they promise is there.
impl Vector for Avx512 {
    type Element = f32;
    const LANES: usize = 16;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm512_set1_ps(value) })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm512_loadu_ps(from) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { _mm512_storeu_ps(to, self.0) }
    }
    #[inline(always)]
    unsafe fn mul_add(self, by: Self, to: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm512_fmadd_ps(self.0, by.0, to.0) })
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm512_mul_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm512_div_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm512_sqrt_ps(self.0) })
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm512_min_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm512_max_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn where_positive(self, by: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe {
            _mm512_maskz_mov_ps(
                _mm512_cmp_ps_mask::<_CMP_GT_OQ>(by.0, _mm512_setzero_ps()),
                self.0,
            )
        })
    }
    #[inline(always)]
    unsafe fn where_positive_or(self, by: Self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe {
            let above = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(by.0, _mm512_setzero_ps());
            _mm512_mask_mov_ps(other.0, above, self.0)
        })
    }
    #[inline(always)]
    unsafe fn scale(self, exponent: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm512_scalef_ps(self.0, exponent.0) })
    }
    #[inline(always)]
    unsafe fn spread_lanes<const G: usize, const PLACE: usize>(self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe {
            match (G, PLACE) {
                (1, 0) => self.0,
                (2, 0) => _mm512_permute_ps::<0b10_10_00_00>(self.0),
                (2, 1) => _mm512_permute_ps::<0b11_11_01_01>(self.0),
                (4, 0) => _mm512_permute_ps::<0b00_00_00_00>(self.0),
                (4, 1) => _mm512_permute_ps::<0b01_01_01_01>(self.0),
                (4, 2) => _mm512_permute_ps::<0b10_10_10_10>(self.0),
                (4, 3) => _mm512_permute_ps::<0b11_11_11_11>(self.0),
                (8, place) => {
                    let (low, high) = (place as i32, place as i32 + 8);
                    let from =
                        _mm512_inserti64x4::<1>(_mm512_set1_epi32(low), _mm256_set1_epi32(high));
                    _mm512_permutexvar_ps(from, self.0)
                }
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
    #[target_feature(enable = "avx512f")]
    unsafe fn enter<K: Kernel<Self>>(args: &K::Args) {
        // SAFETY: the caller's promise.
        unsafe { K::run(args) }
    }
    #[inline(always)]
    unsafe fn maximum(self, other: Self) -> Self {
        // SAFETY: the caller's promise. `max` yields `other` where either is
        // NaN.
        unsafe {
            let is_nan = _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(self.0, self.0);
            Self(_mm512_mask_mov_ps(
                _mm512_max_ps(self.0, other.0),
                is_nan,
                self.0,
            ))
        }
    }
    #[inline(always)]
    unsafe fn split_below(self, a: Self, b: Self) -> (Self, Self) {
        // SAFETY: the caller's promise.
        unsafe {
            let below = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(a.0, b.0);
            (
                Self(_mm512_maskz_mov_ps(below, self.0)),
                Self(_mm512_maskz_mov_ps(!below, self.0)),
            )
        }
    }
}
