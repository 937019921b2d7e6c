//! The step of an optimiser: parameters, gradients and what it remembers of
//! earlier steps, in one sweep over memory.
//!
//! Nothing is fused: each operation rounds, so that every instruction set gives
//! the same bits.

use crate::Element;
use crate::kernels::vector::{Kernel, Vector};

/// What happens to each parameter.
#[derive(Clone, Copy)]
pub(crate) enum Formula<E> {
    Momentum(Momentum<E>),
    Adam(Adam<E>),
}

/// ```text
/// g     = trust * (gradient + decay * p + l1 * sign(p))
/// first = mu * first + g
/// p    -= lr * (direct * g + ahead * first)
/// ```
#[derive(Clone, Copy, Debug)]
pub(crate) struct Momentum<E> {
    pub(crate) lr: E,
    pub(crate) mu: E,
    /// The shares of `g` and of the momentum in the step.
    pub(crate) direct: E,
    pub(crate) ahead: E,
    pub(crate) decay: E,
    pub(crate) l1: E,
    pub(crate) trust: E,
}

impl<E: Element> Momentum<E> {
    /// For parameters that don't decay.
    pub(crate) fn without_decay(self) -> Self {
        Self {
            decay: E::ZERO,
            l1: E::ZERO,
            ..self
        }
    }
}

/// ```text
/// p     *= shrink
/// g      = gradient + l1 * sign(p)
/// first  = betas[0] * first + rests[0] * g
/// second = betas[1] * second + rests[1] * g * g
/// p     -= step * first / (sqrt(second) / root + epsilon)
/// ```
#[derive(Clone, Copy, Debug)]
pub(crate) struct Adam<E> {
    pub(crate) shrink: E,
    pub(crate) l1: E,
    pub(crate) betas: [E; 2],
    /// One less the betas.
    pub(crate) rests: [E; 2],
    pub(crate) step: E,
    pub(crate) root: E,
    pub(crate) epsilon: E,
}

impl<E: Element> Adam<E> {
    /// For parameters that don't decay.
    pub(crate) fn without_decay(self) -> Self {
        Self {
            shrink: E::ONE,
            l1: E::ZERO,
            ..self
        }
    }
}

/// `len` parameters, a whole number of vectors.
pub(crate) struct OptimizeArgs<E> {
    pub(crate) formula: Formula<E>,
    pub(crate) len: usize,
    pub(crate) parameters: *mut E,
    pub(crate) gradients: *const E,
    pub(crate) first: *mut E,
    /// Read and written by Adam alone.
    pub(crate) second: *mut E,
}

/// The kernel of [`OptimizeArgs`].
pub(crate) struct Optimize;

impl<V: Vector> Kernel<V> for Optimize {
    type Args = OptimizeArgs<V::Element>;

    #[inline(always)]
    unsafe fn run(args: &Self::Args) {
        // SAFETY: the caller's promise.
        unsafe {
            match &args.formula {
                Formula::Momentum(formula) => momentum::<V>(args, formula),
                Formula::Adam(formula) => adam::<V>(args, formula),
            }
        }
    }
}

/// `size * sign(of)`; zero of zero.
#[inline(always)]
unsafe fn sign<V: Vector>(size: V, of: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let negative = V::zero().sub(of);
        size.where_positive(of).sub(size.where_positive(negative))
    }
}

#[inline(always)]
unsafe fn momentum<V: Vector>(args: &OptimizeArgs<V::Element>, by: &Momentum<V::Element>) {
    // SAFETY: the caller's promise: all of them have `len` elements.
    unsafe {
        let (lr, mu, trust) = (V::splat(by.lr), V::splat(by.mu), V::splat(by.trust));
        let (direct, ahead) = (V::splat(by.direct), V::splat(by.ahead));
        let (decay, l1) = (V::splat(by.decay), V::splat(by.l1));
        for at in (0..args.len).step_by(V::LANES) {
            let p = V::load(args.parameters.add(at));
            let gradient = V::load(args.gradients.add(at));
            let pull = decay.mul(p).add(sign(l1, p));
            let g = gradient.add(pull).mul(trust);
            let first = mu.mul(V::load(args.first.add(at))).add(g);
            first.store(args.first.add(at));
            let step = direct.mul(g).add(ahead.mul(first));
            p.sub(lr.mul(step)).store(args.parameters.add(at));
        }
    }
}

#[inline(always)]
unsafe fn adam<V: Vector>(args: &OptimizeArgs<V::Element>, by: &Adam<V::Element>) {
    // SAFETY: the caller's promise: all of them have `len` elements.
    unsafe {
        let (shrink, l1) = (V::splat(by.shrink), V::splat(by.l1));
        let [beta1, beta2] = [V::splat(by.betas[0]), V::splat(by.betas[1])];
        let [rest1, rest2] = [V::splat(by.rests[0]), V::splat(by.rests[1])];
        let (step, root, epsilon) = (V::splat(by.step), V::splat(by.root), V::splat(by.epsilon));
        for at in (0..args.len).step_by(V::LANES) {
            let p = V::load(args.parameters.add(at));
            let g = V::load(args.gradients.add(at)).add(sign(l1, p));
            let first = beta1.mul(V::load(args.first.add(at))).add(rest1.mul(g));
            first.store(args.first.add(at));
            let square = rest2.mul(g).mul(g);
            let second = beta2.mul(V::load(args.second.add(at))).add(square);
            second.store(args.second.add(at));
            let divisor = second.sqrt().div(root).add(epsilon);
            let p = p.mul(shrink).sub(step.mul(first.div(divisor)));
            p.store(args.parameters.add(at));
        }
    }
}
