//! Gradients and what optimisers remember, by name; clipping and accumulation.

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use crate::aligned::Aligned;
use crate::element::sealed::Sealed;
use crate::parameters::{find, find_for};
use crate::{Element, Error, Network, Trainer};

/// Divides by no norm of zero, as PyTorch's clipping.
const CLIP_EPSILON: f64 = 1e-6;

impl<N: Network> Trainer<N> {
    /// A parameter's gradient in file layout, or `None` for a name that is no
    /// trained parameter (running statistics and frozen ones have no gradient).
    pub fn gradient(&self, name: &str) -> Option<Vec<N::Element>> {
        of_trained::<N>(name, &self.gradients)
    }

    /// A parameter's momentum in file layout, or `None` for a name that is no
    /// trained parameter.
    pub fn momentum(&self, name: &str) -> Option<Vec<N::Element>> {
        of_trained::<N>(name, &self.state[0])
    }

    /// Replaces a parameter's momentum, given in file layout: what a resumed
    /// training starts from.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownParameter`] and [`Error::Length`].
    pub fn set_momentum(&mut self, name: &str, values: &[N::Element]) -> Result<(), Error> {
        set_trained::<N>(name, values, &mut self.state[0])
    }

    /// A parameter's second moment in file layout, or `None` for a name that is
    /// no trained parameter, and before an optimiser (AdamW) has kept any.
    pub fn second_moment(&self, name: &str) -> Option<Vec<N::Element>> {
        let some = !self.state[1].is_empty();
        some.then(|| of_trained::<N>(name, &self.state[1]))?
    }

    /// Replaces a parameter's second moment, given in file layout.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownParameter`], [`Error::Length`] and [`Error::Memory`].
    pub fn set_second_moment(&mut self, name: &str, values: &[N::Element]) -> Result<(), Error> {
        self.make_second_moments()?;
        set_trained::<N>(name, values, &mut self.state[1])
    }

    pub(super) fn make_second_moments(&mut self) -> Result<(), Error> {
        if self.state[1].is_empty() {
            self.state[1] = Aligned::zeroed(N::INFO.sizes.trained, "second moments")?;
        }
        Ok(())
    }

    /// The length of the gradients of all parameters taken as one vector.
    pub fn gradient_norm(&self) -> f64 {
        let sum_of_squares = N::Element::compiled().sum_of_squares;
        sum_of_squares(self.threads, &self.gradients).sqrt()
    }

    /// Shortens the gradients of all parameters, taken as one vector, to a
    /// length of `longest` if it is longer, and returns what it was: PyTorch's
    /// `clip_grad_norm_`. Gradients that are not finite are left alone; the
    /// length tells.
    pub fn clip_gradients(&mut self, longest: f64) -> f64 {
        let norm = self.gradient_norm();
        let factor = longest / (norm + CLIP_EPSILON);
        if factor < 1.0 && norm.is_finite() {
            self.scale_gradients(factor);
        }
        norm
    }

    /// Multiplies all gradients.
    pub fn scale_gradients(&mut self, factor: f64) {
        (N::Element::compiled().scale)(self.threads, &mut self.gradients, factor);
    }

    /// Puts the gradients of the last backward pass aside: the next one adds
    /// to them, so that several batches make one update. The loss of each must
    /// be scaled accordingly. The gradients are zero meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::Memory`] at the first call.
    pub fn accumulate(&mut self) -> Result<(), Error> {
        if self.aside.is_empty() {
            self.aside = Aligned::zeroed(N::INFO.sizes.trained, "gradients")?;
        }
        core::mem::swap(&mut self.aside, &mut self.gradients);
        self.gradients.fill(N::Element::ZERO);
        self.accumulates = true;
        Ok(())
    }

    pub(super) fn add_what_is_aside(&mut self) {
        if self.accumulates {
            let blend = N::Element::compiled().blend;
            blend(self.threads, &mut self.gradients, &self.aside, [1.0, 1.0]);
            self.accumulates = false;
        }
    }
}

fn of_trained<N: Network>(name: &str, region: &[N::Element]) -> Option<Vec<N::Element>> {
    let parameter = find(N::INFO, name)?;
    parameter
        .is_trained()
        .then(|| (N::Element::compiled().to_file)(parameter, region))
}

fn set_trained<N: Network>(
    name: &str,
    values: &[N::Element],
    region: &mut [N::Element],
) -> Result<(), Error> {
    let parameter = find_for(N::INFO, name, values.len())?;
    if !parameter.is_trained() {
        return Err(Error::UnknownParameter {
            name: name.to_owned(),
            model: N::INFO.name,
        });
    }
    (N::Element::compiled().from_file)(parameter, values, region);
    Ok(())
}
