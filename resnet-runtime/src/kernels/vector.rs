//! The vector abstraction: kernels are written once over [`Vector`] and
//! compiled once for each instruction set.

use crate::Element;

/// A few elements that are computed together.
///
/// # Safety
///
/// The functions of an implementation may use instructions that not every
/// processor has: callers make sure that the processor has them. They are
/// `inline(always)`, so that they become part of a caller compiled with the
/// matching `target_feature`.
pub(crate) trait Vector: Copy {
    /// What a lane holds.
    type Element: Element;
    /// Elements in the vector.
    const LANES: usize;

    /// The same value in every lane.
    unsafe fn splat(value: Self::Element) -> Self;
    /// `LANES` elements from an address of any alignment, all readable.
    unsafe fn load(from: *const Self::Element) -> Self;
    /// `LANES` elements to an address of any alignment, all writable.
    unsafe fn store(self, to: *mut Self::Element);
    /// `self * by + to`, rounded once where the processor can.
    unsafe fn mul_add(self, by: Self, to: Self) -> Self;
    /// Lane-wise sum.
    unsafe fn add(self, other: Self) -> Self;
    /// Lane-wise difference.
    unsafe fn sub(self, other: Self) -> Self;
    /// Lane-wise product.
    unsafe fn mul(self, other: Self) -> Self;
    /// Lane-wise quotient.
    unsafe fn div(self, other: Self) -> Self;
    /// Lane-wise square root.
    unsafe fn sqrt(self) -> Self;
    /// Lane-wise maximum; `other` where either is NaN.
    unsafe fn max(self, other: Self) -> Self;
    /// Lane-wise minimum; `other` where either is NaN.
    unsafe fn min(self, other: Self) -> Self;
    /// Lane-wise maximum, NaN where either is.
    unsafe fn maximum(self, other: Self) -> Self;
    /// The lanes of `self` where `a` is below `b`, and the others; zero
    /// elsewhere.
    unsafe fn split_below(self, a: Self, b: Self) -> (Self, Self);
    /// The lanes of `self` where `by` is above zero, zero elsewhere.
    unsafe fn where_positive(self, by: Self) -> Self;
    /// The lanes of `self` where `by` is above zero, those of `other` elsewhere.
    unsafe fn where_positive_or(self, by: Self, other: Self) -> Self;
    /// `self * 2^exponent` for whole numbers from -2000 to 0 (of `f64`) or
    /// from -250 to 0 (of `f32`), rounded once.
    unsafe fn scale(self, exponent: Self) -> Self;

    /// Where lanes fall into groups of `G`, a power of two, each group's element
    /// at a place in all of its lanes; where groups are of more lanes, the
    /// vector's group's element in every lane. The address is that of the first
    /// group's first element.
    #[inline(always)]
    unsafe fn spread<const G: usize, const PLACE: usize>(from: *const Self::Element) -> Self {
        const { assert!(G.is_power_of_two()) };
        // SAFETY: the caller vouches for whole groups and for `LANES` elements.
        unsafe {
            if G >= Self::LANES {
                Self::splat(*from.add(PLACE))
            } else {
                Self::load(from).spread_lanes::<G, PLACE>()
            }
        }
    }

    /// [`spread`](Self::spread) of a vector, for groups of fewer lanes than it
    /// has.
    unsafe fn spread_lanes<const G: usize, const PLACE: usize>(self) -> Self;

    /// Asks for the cache line at an address, which need not be valid.
    #[inline(always)]
    unsafe fn prefetch(_at: *const Self::Element) {}

    /// Asks for the cache line at an address to come as near as the second
    /// cache.
    #[inline(always)]
    unsafe fn prefetch_far(_at: *const Self::Element) {}

    /// The same address, of which the optimiser knows nothing: keeps it from
    /// spending a register on each sum of a pointer and an offset.
    #[inline(always)]
    fn opaque(at: *const Self::Element) -> *const Self::Element {
        at
    }

    /// Runs a kernel compiled for this instruction set; what tables point at.
    unsafe fn enter<K: Kernel<Self>>(args: &K::Args);

    /// Zero in every lane.
    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: the caller's promise.
        unsafe { Self::splat(Self::Element::ZERO) }
    }
}

/// Code that is written once over vectors. `V::enter::<K>` compiles it for an
/// instruction set, as a function of the plain type that a table holds.
pub(crate) trait Kernel<V: Vector> {
    /// What it works on: pointers and sizes.
    type Args;

    /// Does the work. Implementations are `inline(always)`, so that they
    /// become part of [`Vector::enter`].
    ///
    /// # Safety
    ///
    /// The processor has the instructions of `V`, and the arguments are what
    /// the kernel asks for.
    unsafe fn run(args: &Self::Args);
}
