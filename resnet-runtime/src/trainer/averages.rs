//! Averages over steps: of parameters, and of batch statistics.

use super::Folded;
use crate::element::sealed::Sealed;
use crate::{Error, Network, Parameters, Trainer};

impl<N: Network> Trainer<N> {
    /// Moves the averaged parameters and running statistics towards the current
    /// ones: `decay * average + (1 - decay) * current`, after each update. The
    /// first call starts from the current ones.
    ///
    /// # Errors
    ///
    /// None so far.
    pub fn average(&mut self, decay: f64) -> Result<(), Error> {
        let current = &self.parameters;
        let Some(averaged) = &mut self.averaged else {
            self.averaged = Some(current.clone());
            return Ok(());
        };
        let blend = N::Element::compiled().blend;
        let shares = [decay, 1.0 - decay];
        let threads = self.threads;
        blend(threads, &mut averaged.master, &current.master, shares);
        blend(threads, &mut averaged.running, &current.running, shares);
        averaged.batches_tracked = current.batches_tracked;
        if self.folded == Folded::Averaged {
            self.folded = Folded::Nothing;
        }
        Ok(())
    }

    /// A copy of the averaged parameters, if there are any.
    pub fn averaged(&self) -> Option<Parameters<N::Element>> {
        self.averaged.clone()
    }

    /// Replaces the averages: what a resumed training goes on from.
    ///
    /// # Errors
    ///
    /// [`Error::OtherModel`].
    pub fn set_averaged(&mut self, parameters: &Parameters<N::Element>) -> Result<(), Error> {
        self.averaged = Some(parameters.laid_out_for(N::INFO)?.into_owned());
        self.folded = Folded::Nothing;
        Ok(())
    }

    /// As [`evaluate`](Self::evaluate), with the averaged parameters (the
    /// current ones where nothing was averaged).
    ///
    /// # Errors
    ///
    /// As [`evaluate`](Self::evaluate).
    pub fn evaluate_averaged(&mut self, images: &[N::Element]) -> Result<&[N::Element], Error> {
        let what = match self.averaged {
            Some(_) => Folded::Averaged,
            None => Folded::Current,
        };
        self.infer(images, what)
    }

    /// A forward pass that leaves running statistics equal to the means of the
    /// statistics of the last `batches` batches, this one included, if the
    /// earlier ones came with 1, 2, ... Statistics of the final parameters over
    /// a whole data set, instead of a moving average behind them.
    ///
    /// # Errors
    ///
    /// As [`forward`](Self::forward).
    pub fn estimate_statistics(
        &mut self,
        images: &[N::Element],
        batches: usize,
    ) -> Result<(), Error> {
        self.statistics_share = Some(1.0 / batches.max(1) as f64);
        let outcome = self.forward(images).map(|_| ());
        self.statistics_share = None;
        self.pending = 0;
        outcome
    }
}
