//! Activations on their own, and their gradients.

use super::pixels::{Extent, Pixels, PixelsMut};
use crate::Element;
use crate::geometry::Activation;
use crate::kernels::activation::{Function, Work, with_function};
use crate::kernels::vector::{Kernel, Vector};

/// `output = activation(input)`, zero in padding channels.
pub(crate) struct ActivateArgs<E> {
    pub(crate) extent: Extent,
    /// Those of the extent's channels that aren't padding.
    pub(crate) channels: usize,
    pub(crate) activation: Activation,
    pub(crate) input: Pixels<E>,
    /// May be the input.
    pub(crate) output: PixelsMut<E>,
}

/// The kernel of [`ActivateArgs`].
pub(crate) struct Activate;

impl<V: Vector> Kernel<V> for Activate {
    type Args = ActivateArgs<V::Element>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        // SAFETY: the caller's promise.
        unsafe { with_function::<V>(args.activation, args) }
    }
}

impl<V: Vector> Work<V> for &ActivateArgs<V::Element> {
    #[inline(always)]
    unsafe fn with(self, function: impl Function<V>) {
        let padding = self.channels..self.extent.channels;
        let restores = !self.activation.keeps_zero();
        for row in 0..self.extent.rows {
            for column in 0..self.extent.width {
                let input = self.input.at(row, column);
                let output = self.output.at(row, column);
                // SAFETY: the caller's promise: the pixels lie inside the maps.
                unsafe {
                    for at in (0..self.extent.channels).step_by(V::LANES) {
                        function.value(V::load(input.add(at))).store(output.add(at));
                    }
                    if restores {
                        for channel in padding.clone() {
                            *output.add(channel) = V::Element::ZERO;
                        }
                    }
                }
            }
        }
    }
}

/// `d_input = d_output * derivative, plus accumulate`.
pub(crate) struct ActivateGradientArgs<E> {
    pub(crate) extent: Extent,
    pub(crate) activation: Activation,
    /// The output if the derivative follows from it, else the input.
    pub(crate) kept: Pixels<E>,
    pub(crate) d_output: Pixels<E>,
    pub(crate) accumulate: Option<Pixels<E>>,
    /// May be any of the maps that are read.
    pub(crate) d_input: PixelsMut<E>,
}

/// The kernel of [`ActivateGradientArgs`].
pub(crate) struct ActivateGradient;

impl<V: Vector> Kernel<V> for ActivateGradient {
    type Args = ActivateGradientArgs<V::Element>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        // SAFETY: the caller's promise.
        unsafe { with_function::<V>(args.activation, args) }
    }
}

impl<V: Vector> Work<V> for &ActivateGradientArgs<V::Element> {
    #[inline(always)]
    unsafe fn with(self, function: impl Function<V>) {
        for row in 0..self.extent.rows {
            for column in 0..self.extent.width {
                let kept = self.kept.at(row, column);
                let d_output = self.d_output.at(row, column);
                let d_input = self.d_input.at(row, column);
                for at in (0..self.extent.channels).step_by(V::LANES) {
                    // SAFETY: the caller's promise: the pixels lie inside the
                    // maps.
                    unsafe {
                        let d_output = V::load(d_output.add(at));
                        let mut value = function.gradient(V::load(kept.add(at)), d_output);
                        if let Some(accumulate) = self.accumulate {
                            value = value.add(V::load(accumulate.at(row, column).add(at)));
                        }
                        value.store(d_input.add(at));
                    }
                }
            }
        }
    }
}
