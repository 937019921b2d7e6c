//! Weights to frequencies, where they change at every step.

use crate::kernels::vector::{Kernel, Vector};

/// One panel of a direct convolution's weights, and where its frequencies go.
/// Strides are in elements.
pub(crate) struct WeightPanel<E> {
    /// `[tap][depth][2 * LANES]`.
    pub(crate) weights: *const E,
    /// From one tap to the next.
    pub(crate) weights_tap: usize,
    /// Input channels.
    pub(crate) depth: usize,
    /// Vectors of output channels.
    pub(crate) vectors: usize,
    /// `[frequency][depth][2 * LANES]`.
    pub(crate) values: *mut E,
    /// From one frequency to the next.
    pub(crate) values_frequency: usize,
}

/// `G g G^T` for tiles of `A - 2` pixels. Needs a [`WeightPanel`] whose
/// weights are there and whose frequencies can be written.
pub(crate) struct WeightTransform<const A: usize>;

impl<V: Vector, const A: usize> Kernel<V> for WeightTransform<A> {
    type Args = WeightPanel<V::Element>;

    #[inline(always)]
    unsafe fn run(panel: &Self::Args) {
        // SAFETY: the caller vouches for the instructions and all addresses.
        unsafe {
            for channel in 0..panel.depth {
                for vector in 0..panel.vectors {
                    let place = (2 * channel + vector) * V::LANES;
                    let weights = panel.weights.add(place);
                    let mut half = [[V::zero(); 3]; A];
                    for column in 0..3 {
                        let taps: [V; 3] = core::array::from_fn(|row| {
                            V::load(weights.add((row * 3 + column) * panel.weights_tap))
                        });
                        for (half, value) in half.iter_mut().zip(transform::<V, A>(taps)) {
                            half[column] = value;
                        }
                    }
                    let mut to = panel.values.add(place);
                    for row in half {
                        for value in transform::<V, A>(row) {
                            value.store(to);
                            to = to.wrapping_add(panel.values_frequency);
                        }
                    }
                }
            }
        }
    }
}

/// `G g` of one row or column.
///
/// # Safety
///
/// The processor has the instructions of `V`.
#[inline(always)]
unsafe fn transform<V: Vector, const A: usize>(g: [V; 3]) -> [V; A] {
    // SAFETY: the caller's promise.
    unsafe {
        let constant = |value| V::splat(crate::Element::from_f64(value));
        let mut u = [V::zero(); A];
        if A == 4 {
            let half = constant(0.5);
            let even = g[0].add(g[2]).mul(half);
            let odd = g[1].mul(half);
            u[0] = g[0];
            u[1] = even.add(odd);
            u[2] = even.sub(odd);
            u[3] = g[2];
        } else {
            let sixth = constant(-1.0 / 6.0);
            let even = g[0].add(g[2]).mul(sixth);
            let odd = g[1].mul(sixth);
            u[0] = g[0].mul(constant(1.0 / 4.0));
            u[1] = even.add(odd);
            u[2] = even.sub(odd);
            let even = g[0].mul_add(constant(1.0 / 24.0), g[2].mul(constant(1.0 / 6.0)));
            let odd = g[1].mul(constant(1.0 / 12.0));
            u[3] = even.add(odd);
            u[4] = even.sub(odd);
            u[5] = g[2];
        }
        u
    }
}
