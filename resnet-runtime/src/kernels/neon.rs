//! NEON: vectors of 4 `f32`.

use core::arch::aarch64::*;

use super::vector::{Kernel, Vector};

/// 4 `f32` in a register.
#[derive(Clone, Copy)]
pub(crate) struct Neon(float32x4_t);

// Every `unsafe` below calls an intrinsic of NEON, which every processor has
// that this module is compiled for, on memory that callers promise is there.
// Prefetches are left to the processor: asking for lines wasn't measured on one.
impl Vector for Neon {
    type Element = f32;
    const LANES: usize = 4;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { vdupq_n_f32(value) })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { vld1q_f32(from) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { vst1q_f32(to, self.0) }
    }
    #[inline(always)]
    unsafe fn mul_add(self, by: Self, to: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { vfmaq_f32(to.0, self.0, by.0) })
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { vaddq_f32(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { vsubq_f32(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { vmulq_f32(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { vdivq_f32(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { vsqrtq_f32(self.0) })
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        // `vminq_f32` would yield NaN where either is.
        // SAFETY: the caller's promise.
        Self(unsafe { vbslq_f32(vcltq_f32(self.0, other.0), self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // `vmaxq_f32` would yield NaN where either is.
        // SAFETY: the caller's promise.
        Self(unsafe { vbslq_f32(vcgtq_f32(self.0, other.0), self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn where_positive(self, by: Self) -> Self {
        // SAFETY: the caller's promise.
        unsafe { self.only(vcgtzq_f32(by.0)) }
    }
    #[inline(always)]
    unsafe fn where_positive_or(self, by: Self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { vbslq_f32(vcgtzq_f32(by.0), self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn spread_lanes<const G: usize, const PLACE: usize>(self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe {
            match (G, PLACE) {
                (1, 0) => self.0,
                (2, 0) => vtrn1q_f32(self.0, self.0),
                (2, 1) => vtrn2q_f32(self.0, self.0),
                _ => unreachable!(),
            }
        })
    }
    #[inline(always)]
    unsafe fn scale(self, exponent: Self) -> Self {
        // Two factors: one alone couldn't reach denormal numbers.
        // SAFETY: the caller's promise.
        Self(unsafe {
            let exponent = vcvtq_s32_f32(exponent.0);
            let first = vshrq_n_s32::<1>(exponent);
            let power = |exponent| {
                let biased = vaddq_s32(exponent, vdupq_n_s32(127));
                vreinterpretq_f32_s32(vshlq_n_s32::<23>(biased))
            };
            let second = power(vsubq_s32(exponent, first));
            vmulq_f32(vmulq_f32(self.0, power(first)), second)
        })
    }
    #[inline(always)]
    fn opaque(mut at: *const f32) -> *const f32 {
        // SAFETY: no instructions at all.
        unsafe { core::arch::asm!("/* {} */", inout(reg) at, options(nostack, preserves_flags)) }
        at
    }
    #[target_feature(enable = "neon")]
    unsafe fn enter<K: Kernel<Self>>(args: &K::Args) {
        // SAFETY: the caller's promise.
        unsafe { K::run(args) }
    }
    #[inline(always)]
    unsafe fn maximum(self, other: Self) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { vmaxq_f32(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn split_below(self, a: Self, b: Self) -> (Self, Self) {
        // SAFETY: the caller's promise.
        unsafe {
            let below = vcltq_f32(a.0, b.0);
            (self.only(below), self.only(vmvnq_u32(below)))
        }
    }
}

impl Neon {
    /// The lanes whose bits are set in `lanes`, zero elsewhere.
    ///
    /// # Safety
    ///
    /// The processor has NEON.
    #[inline(always)]
    unsafe fn only(self, lanes: uint32x4_t) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(self.0), lanes)) })
    }
}
