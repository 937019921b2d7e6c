//! Training.

mod averages;
mod explain;
mod gradients;

pub use explain::Explanation;

use core::fmt;

use crate::aligned::Aligned;
use crate::model::{batch_of, check_limits, per_image, per_thread};
use crate::optimizer::Rule;
use crate::outputs::{Outputs, check_gradients};
use crate::{Error, Network, Observer, Optimizer, Parameters, seam};

/// A network in training: parameters, gradients, the optimiser's state, running
/// statistics, and an arena for batches of up to a limit.
///
/// A step is [`forward`](Self::forward), a loss of the caller's choice,
/// [`backward`](Self::backward) from its gradient, and
/// [`update`](Self::update). Results don't depend on the number of threads.
pub struct Trainer<N: Network> {
    parameters: Parameters<N::Element>,
    gradients: Aligned<N::Element>,
    /// Gradients that the next backward pass adds to; empty until there are.
    aside: Aligned<N::Element>,
    /// True while `aside` holds some.
    accumulates: bool,
    /// Momenta, and second moments once an optimiser keeps them.
    state: [Aligned<N::Element>; 2],
    /// Updates so far.
    updates: u64,
    /// What a batch's statistics make of the running ones, instead of the
    /// norms' own momentum.
    statistics_share: Option<f64>,
    /// Averages of parameters and running statistics over steps.
    averaged: Option<Parameters<N::Element>>,
    saved: Aligned<N::Element>,
    packed_forward: Aligned<N::Element>,
    packed_backward: Aligned<N::Element>,
    /// Weights folded for inference; empty until the first evaluation.
    packed: Aligned<N::Element>,
    /// As much for each thread as a training step or an evaluation needs.
    workspace: Aligned<N::Element>,
    /// What `packed` holds.
    folded: Folded,
    /// Serves training steps and evaluations in turn.
    arena: Aligned<N::Element>,
    outputs: Outputs<N::Element>,
    /// Images whose activations the arena holds for `backward`; zero if none.
    pending: usize,
    /// Key of all random draws.
    seed: u64,
    /// Training steps so far.
    steps: u64,
    batch_limit: usize,
    threads: usize,
    observer: Option<Observer>,
}

impl<N: Network> Trainer<N> {
    /// A trainer that starts from a copy of `parameters`, with momenta of
    /// zero, for batches of `1..=batch_limit` images and `threads` threads.
    ///
    /// # Errors
    ///
    /// [`Error::InferenceOnly`], [`Error::OtherModel`],
    /// [`Error::InstructionSet`], [`Error::Limit`] as
    /// [`Model::new`](crate::Model::new), and [`Error::Memory`].
    pub fn new(
        parameters: &Parameters<N::Element>,
        batch_limit: usize,
        threads: usize,
    ) -> Result<Self, Error> {
        let info = N::INFO;
        if !info.trainable {
            return Err(Error::InferenceOnly { model: info.name });
        }
        let parameters = parameters.laid_out_for(info)?;
        check_limits(info, batch_limit, threads)?;
        let sizes = &info.sizes;
        let mut trainer = Self {
            parameters: parameters.into_owned(),
            gradients: Aligned::zeroed(sizes.trained, "gradients")?,
            aside: Aligned::zeroed(0, "gradients")?,
            accumulates: false,
            state: [
                Aligned::zeroed(sizes.trained, "momenta")?,
                Aligned::zeroed(0, "second moments")?,
            ],
            updates: 0,
            statistics_share: None,
            averaged: None,
            saved: Aligned::zeroed(sizes.saved, "batch statistics")?,
            packed_forward: Aligned::zeroed(sizes.packed_forward, "packed weights")?,
            packed_backward: Aligned::zeroed(sizes.packed_backward, "packed weights")?,
            packed: Aligned::zeroed(0, "packed weights")?,
            workspace: per_thread(sizes.trainer_workspace(), threads)?,
            folded: Folded::Nothing,
            arena: per_image(info.training_arena(), batch_limit, "the arena")?,
            outputs: Outputs::new(info, batch_limit)?,
            pending: 0,
            seed: 0,
            steps: 0,
            batch_limit,
            threads,
            observer: None,
        };
        // No optimiser: packs the weights and changes nothing.
        N::train_update(&mut trainer.step());
        Ok(trainer)
    }

    /// The forward pass of a step: images `[n][channels][height][width]` in,
    /// the first output out, as [`Model::forward`](crate::Model::forward) does.
    /// Batch norms use the batch's statistics and move the running ones; frozen
    /// ones use the running ones and leave them. What is dropped by chance
    /// follows from the seed and the number of the step, which this begins (see
    /// [`set_seed`](Self::set_seed)).
    ///
    /// # Errors
    ///
    /// [`Error::Length`] when `images` are not `1..=batch_limit` whole images.
    pub fn forward(&mut self, images: &[N::Element]) -> Result<&[N::Element], Error> {
        let batch = batch_of(N::INFO, images.len(), self.batch_limit)?;
        self.pending = batch;
        self.folded = Folded::Nothing;
        self.parameters.batches_tracked += 1;
        self.steps = self.steps.wrapping_add(1);
        self.outputs.begin(batch);
        N::train_forward(&mut seam::Step {
            images,
            ..self.step()
        });
        Ok(self.outputs.first())
    }

    /// An output of the last [`forward`](Self::forward) or
    /// [`evaluate`](Self::evaluate) (nothing before the first), or `None` for a
    /// name that is no output.
    pub fn output(&self, name: &str) -> Option<&[N::Element]> {
        self.outputs.get(name)
    }

    /// All outputs of the last [`forward`](Self::forward) or
    /// [`evaluate`](Self::evaluate) with their names, in order of
    /// [`ModelInfo::outputs`](crate::ModelInfo::outputs).
    pub fn outputs(&self) -> impl Iterator<Item = (&'static str, &[N::Element])> {
        self.outputs.iter()
    }

    /// The backward pass of the step whose forward pass came right before,
    /// from the gradient of the loss by the first output to the gradients of
    /// all parameters (which it replaces). The loss doesn't depend on other
    /// outputs.
    ///
    /// # Errors
    ///
    /// [`Error::BackwardBeforeForward`], and [`Error::Length`] when
    /// `d_output` is not as long as the first output.
    pub fn backward(&mut self, d_output: &[N::Element]) -> Result<(), Error> {
        self.backward_outputs(&[(N::INFO.outputs[0].name, d_output)])
    }

    /// The same from the gradients of the loss by any outputs, each with its
    /// name and shaped as the output; where none is given it is zero.
    ///
    /// # Errors
    ///
    /// [`Error::BackwardBeforeForward`], [`Error::UnknownOutput`] for a name
    /// that is no output, [`Error::RepeatedOutput`] for one given twice, and
    /// [`Error::Length`] when a gradient is not as long as its output.
    pub fn backward_outputs(&mut self, d_outputs: &[(&str, &[N::Element])]) -> Result<(), Error> {
        if self.pending == 0 {
            return Err(Error::BackwardBeforeForward);
        }
        check_gradients(N::INFO, self.pending, d_outputs)?;
        N::train_backward(&mut seam::Step {
            d_outputs,
            ..self.step()
        });
        self.pending = 0;
        self.add_what_is_aside();
        Ok(())
    }

    /// One step of the optimiser along the gradients of the last backward pass
    /// (zero before the first).
    ///
    /// # Errors
    ///
    /// [`Error::Memory`] at the first update of an optimiser that keeps second
    /// moments.
    pub fn update(&mut self, optimizer: &Optimizer) -> Result<(), Error> {
        if optimizer.has_second_moments() {
            self.make_second_moments()?;
        }
        self.folded = Folded::Nothing;
        self.pending = 0;
        self.updates += 1;
        let rule: Rule<N::Element> = optimizer.rule(self.updates);
        N::train_update(&mut seam::Step {
            optimizer: Some(rule),
            ..self.step()
        });
        Ok(())
    }

    /// Inference with the current parameters and running statistics, as a
    /// [`Model`](crate::Model) of them would do. Weights are folded when they
    /// have changed since the last evaluation. The arena is that of the
    /// training steps: no backward pass may follow.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] when `images` are not `1..=batch_limit` whole images,
    /// and [`Error::Memory`] at the first evaluation.
    pub fn evaluate(&mut self, images: &[N::Element]) -> Result<&[N::Element], Error> {
        self.infer(images, Folded::Current)
    }

    fn infer(&mut self, images: &[N::Element], what: Folded) -> Result<&[N::Element], Error> {
        let batch = batch_of(N::INFO, images.len(), self.batch_limit)?;
        self.fold(what)?;
        self.pending = 0;
        self.outputs.begin(batch);
        seam::Forward {
            images,
            outputs: self.outputs.slots(),
            arena: &mut self.arena,
            packed: &self.packed,
            workspace: &mut self.workspace,
            batch,
            limit: N::INFO.micro_batch(self.batch_limit, self.threads),
            threads: self.threads,
            observed: seam::Observed::by(&mut self.observer),
        }
        .in_micro_batches(N::forward);
        Ok(self.outputs.first())
    }

    /// A copy of the current parameters and running statistics.
    pub fn parameters(&self) -> Parameters<N::Element> {
        self.parameters.clone()
    }

    /// Seeds dropout and stochastic depth (0 unless set).
    ///
    /// Every draw is computed from the seed, the number of the step, the layer
    /// and the value's place in the batch, so that nothing else changes it.
    pub fn set_seed(&mut self, seed: u64) {
        self.seed = seed;
    }

    /// Steps so far: every [`forward`](Self::forward) begins one, the first
    /// has number 1.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Goes on as after so many steps: a resumed training then draws what an
    /// uninterrupted one would. The lower 32 bits tell draws apart.
    pub fn set_steps(&mut self, steps: u64) {
        self.steps = steps;
    }

    /// Updates so far, whatever the optimiser.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Goes on as after so many updates: what a resumed training with [`AdamW`]
    /// needs.
    ///
    /// [`AdamW`]: crate::AdamW
    pub fn set_updates(&mut self, updates: u64) {
        self.updates = updates;
    }

    /// Has an observer told of every call of a layer from now on, or nobody:
    /// how profiles are made. Evaluations are observed too.
    pub fn observe(&mut self, observer: Option<Observer>) {
        self.observer = observer;
    }

    /// The most images of a batch.
    pub fn batch_limit(&self) -> usize {
        self.batch_limit
    }

    /// The threads that share a batch.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// A step over everything that the trainer owns.
    fn step(&mut self) -> seam::Step<'_, N::Element> {
        let [first, second] = &mut self.state;
        let state = [&mut **first, &mut **second];
        seam::Step {
            images: &[],
            outputs: self.outputs.slots(),
            d_outputs: &[],
            arena: &mut self.arena,
            master: &mut self.parameters.master,
            gradients: &mut self.gradients,
            state,
            running: &mut self.parameters.running,
            saved: &mut self.saved,
            packed_forward: &mut self.packed_forward,
            packed_backward: &mut self.packed_backward,
            workspace: &mut self.workspace,
            statistics_share: self.statistics_share,
            evaluates: false,
            explained: None,
            seed: self.seed,
            step: self.steps,
            batch: self.pending,
            limit: self.batch_limit,
            threads: self.threads,
            observed: seam::Observed::by(&mut self.observer),
            optimizer: None,
        }
    }

    /// Has `packed` hold these parameters.
    fn fold(&mut self, what: Folded) -> Result<(), Error> {
        if self.packed.is_empty() {
            self.packed = Aligned::zeroed(N::INFO.sizes.packed, "packed weights")?;
        }
        if self.folded != what {
            let parameters = match (what, &self.averaged) {
                (Folded::Averaged, Some(averaged)) => averaged,
                _ => &self.parameters,
            };
            N::pack(&mut seam::Pack {
                values: parameters,
                packed: &mut self.packed,
            });
            self.folded = what;
        }
        Ok(())
    }
}

/// Parameters that are folded for inference.
#[derive(Clone, Copy, PartialEq)]
enum Folded {
    /// None, or old ones.
    Nothing,
    Current,
    Averaged,
}

impl<N: Network> fmt::Debug for Trainer<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trainer")
            .field("name", &N::INFO.name)
            .field("batch_limit", &self.batch_limit)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
