//! Activations and their derivatives, of vectors.

use super::exponential::{constant, exp, exp_m1, minus_abs, sigmoids, tanh};
use super::normal::{density, normal};
use super::vector::Vector;
use crate::Element;
use crate::geometry::Activation;

/// An [`Activation`] with its parameters in vectors.
pub(super) trait Function<V: Vector>: Copy {
    /// The function.
    ///
    /// # Safety
    ///
    /// The processor has the instructions of `V`.
    unsafe fn value(self, x: V) -> V;

    /// The derivative, times `d_output`. `kept` is the output if the
    /// derivative follows from it ([`Activation::derivative_from_output`]),
    /// else the input.
    ///
    /// # Safety
    ///
    /// The processor has the instructions of `V`.
    unsafe fn gradient(self, kept: V, d_output: V) -> V;
}

/// Work that is compiled for each function.
pub(super) trait Work<V: Vector> {
    /// Does it.
    ///
    /// # Safety
    ///
    /// The processor has the instructions of `V`, and whatever else the work
    /// asks for.
    unsafe fn with(self, function: impl Function<V>);
}

/// Does work with the function of an activation.
///
/// # Safety
///
/// As for the work.
#[inline(always)]
pub(super) unsafe fn with_function<V: Vector>(activation: Activation, work: impl Work<V>) {
    // SAFETY: the caller's promise.
    unsafe {
        let splat = |value| V::splat(V::Element::from_f64(value));
        match activation {
            Activation::Identity => work.with(Identity),
            Activation::Relu => work.with(Relu),
            Activation::LeakyRelu { slope } => work.with(LeakyRelu(splat(slope))),
            Activation::Silu => work.with(Silu),
            Activation::Gelu => work.with(Gelu),
            Activation::Elu { alpha } if activation.derivative_from_output() => {
                work.with(Elu::<V, true>(splat(alpha)));
            }
            Activation::Elu { alpha } => work.with(Elu::<V, false>(splat(alpha))),
            Activation::HardSwish => work.with(HardSwish),
            Activation::Sigmoid => work.with(Sigmoid),
            Activation::Tanh => work.with(Tanh),
        }
    }
}

#[derive(Clone, Copy)]
struct Identity;

impl<V: Vector> Function<V> for Identity {
    #[inline(always)]
    unsafe fn value(self, x: V) -> V {
        x
    }

    #[inline(always)]
    unsafe fn gradient(self, _kept: V, d_output: V) -> V {
        d_output
    }
}

#[derive(Clone, Copy)]
struct Relu;

impl<V: Vector> Function<V> for Relu {
    #[inline(always)]
    unsafe fn value(self, x: V) -> V {
        // SAFETY: the caller's promise.
        unsafe {
            // In this order NaN stays NaN.
            V::zero().max(x)
        }
    }

    #[inline(always)]
    unsafe fn gradient(self, kept: V, d_output: V) -> V {
        // SAFETY: the caller's promise.
        unsafe { d_output.where_positive(kept) }
    }
}

#[derive(Clone, Copy)]
struct LeakyRelu<V>(V);

impl<V: Vector> Function<V> for LeakyRelu<V> {
    #[inline(always)]
    unsafe fn value(self, x: V) -> V {
        // SAFETY: the caller's promise.
        unsafe { x.where_positive_or(x, self.0.mul(x)) }
    }

    #[inline(always)]
    unsafe fn gradient(self, kept: V, d_output: V) -> V {
        // SAFETY: the caller's promise.
        unsafe { d_output.where_positive_or(kept, self.0.mul(d_output)) }
    }
}

#[derive(Clone, Copy)]
struct Silu;

impl<V: Vector> Function<V> for Silu {
    #[inline(always)]
    unsafe fn value(self, x: V) -> V {
        // SAFETY: the caller's promise.
        unsafe { x.mul(sigmoids(x).0) }
    }

    #[inline(always)]
    unsafe fn gradient(self, kept: V, d_output: V) -> V {
        // SAFETY: the caller's promise.
        unsafe {
            // s + x s (1 - s)
            let (sigmoid, rest) = sigmoids(kept);
            let slope = kept.mul(sigmoid).mul_add(rest, sigmoid);
            d_output.mul(slope)
        }
    }
}

#[derive(Clone, Copy)]
struct Gelu;

impl<V: Vector> Function<V> for Gelu {
    #[inline(always)]
    unsafe fn value(self, x: V) -> V {
        // SAFETY: the caller's promise.
        unsafe { x.mul(normal(x).0) }
    }

    #[inline(always)]
    unsafe fn gradient(self, kept: V, d_output: V) -> V {
        // SAFETY: the caller's promise.
        unsafe {
            // Phi(x) + x phi(x)
            let (below, power) = normal(kept);
            d_output.mul(kept.mul_add(density(power), below))
        }
    }
}

#[derive(Clone, Copy)]
struct Elu<V, const FROM_OUTPUT: bool>(V);

impl<V: Vector, const FROM_OUTPUT: bool> Function<V> for Elu<V, FROM_OUTPUT> {
    #[inline(always)]
    unsafe fn value(self, x: V) -> V {
        // SAFETY: the caller's promise.
        unsafe { x.where_positive_or(x, self.0.mul(exp_m1(minus_abs(x)))) }
    }

    #[inline(always)]
    unsafe fn gradient(self, kept: V, d_output: V) -> V {
        // SAFETY: the caller's promise.
        unsafe {
            let below = if FROM_OUTPUT {
                kept.add(self.0)
            } else {
                self.0.mul(exp(minus_abs(kept)))
            };
            d_output.where_positive_or(kept, d_output.mul(below))
        }
    }
}

#[derive(Clone, Copy)]
struct HardSwish;

impl<V: Vector> Function<V> for HardSwish {
    #[inline(always)]
    unsafe fn value(self, x: V) -> V {
        // SAFETY: the caller's promise.
        unsafe {
            let ramp = constant::<V>(6.0).min(V::zero().max(x.add(constant(3.0))));
            x.mul(ramp.mul(constant(1.0 / 6.0)))
        }
    }

    #[inline(always)]
    unsafe fn gradient(self, kept: V, d_output: V) -> V {
        // SAFETY: the caller's promise.
        unsafe {
            let three = constant::<V>(3.0);
            let slope = kept.mul_add(constant(1.0 / 3.0), constant(0.5));
            let below = slope.where_positive(kept.add(three));
            let slope = below.where_positive_or(three.sub(kept), constant(1.0));
            d_output.mul(slope)
        }
    }
}

#[derive(Clone, Copy)]
struct Sigmoid;

impl<V: Vector> Function<V> for Sigmoid {
    #[inline(always)]
    unsafe fn value(self, x: V) -> V {
        // SAFETY: the caller's promise.
        unsafe { sigmoids(x).0 }
    }

    #[inline(always)]
    unsafe fn gradient(self, kept: V, d_output: V) -> V {
        // SAFETY: the caller's promise.
        unsafe {
            let slope = kept.mul(constant::<V>(1.0).sub(kept));
            d_output.mul(slope)
        }
    }
}

#[derive(Clone, Copy)]
struct Tanh;

impl<V: Vector> Function<V> for Tanh {
    #[inline(always)]
    unsafe fn value(self, x: V) -> V {
        // SAFETY: the caller's promise.
        unsafe { tanh(x) }
    }

    #[inline(always)]
    unsafe fn gradient(self, kept: V, d_output: V) -> V {
        // SAFETY: the caller's promise.
        unsafe {
            let slope = constant::<V>(1.0).sub(kept.mul(kept));
            d_output.mul(slope)
        }
    }
}
