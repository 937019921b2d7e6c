//! Inference.

use core::fmt;

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use crate::aligned::Aligned;
use crate::outputs::Outputs;
use crate::pool::MAX_THREADS;
use crate::{Element, Error, ModelInfo, Network, Observer, Weights, seam};

/// A network that is ready to run: shared weights and an arena of its own.
///
/// Everything is allocated at construction, for batches of up to a limit. A
/// model is used by one thread at a time, which shares the work of a batch
/// with the pool; [`fork`](Self::fork) makes another for a second thread.
pub struct Model<N: Network> {
    weights: Weights<N>,
    arena: Aligned<N::Element>,
    outputs: Outputs<N::Element>,
    workspace: Aligned<N::Element>,
    batch_limit: usize,
    /// Images that go through the layers together: the arena's.
    micro_batch: usize,
    threads: usize,
    observer: Option<Observer>,
}

impl<N: Network> Model<N> {
    /// A model for batches of `1..=batch_limit` images, computed by `threads`
    /// threads (the caller's included). Results don't depend on `threads`.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] when either is zero, `threads` above 256 or
    /// `batch_limit` above the network's [`ModelInfo::max_batch`], and
    /// [`Error::Memory`].
    pub fn new(weights: &Weights<N>, batch_limit: usize, threads: usize) -> Result<Self, Error> {
        check_limits(N::INFO, batch_limit, threads)?;
        let micro_batch = N::INFO.micro_batch(batch_limit, threads);
        Ok(Self {
            weights: weights.clone(),
            arena: per_image(N::INFO.inference_plan.peak, micro_batch, "the arena")?,
            outputs: Outputs::new(N::INFO, batch_limit)?,
            workspace: per_thread(N::INFO.sizes.workspace, threads)?,
            batch_limit,
            micro_batch,
            threads,
            observer: None,
        })
    }

    /// Another model with the same weights, limit and threads, and an arena of
    /// its own.
    ///
    /// # Panics
    ///
    /// When there is no memory.
    pub fn fork(&self) -> Self {
        Self::new(&self.weights, self.batch_limit, self.threads)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Runs a batch: images `[n][channels][height][width]` in, the first
    /// output out: `[n][channels]`, such as logits of classes before any
    /// softmax, or `[n][channels][height][width]` of a map. The others are at
    /// [`output`](Self::output). Allocates nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] when `images` are not `1..=batch_limit` whole images.
    pub fn forward(&mut self, images: &[N::Element]) -> Result<&[N::Element], Error> {
        let batch = batch_of(N::INFO, images.len(), self.batch_limit)?;
        self.outputs.begin(batch);
        seam::Forward {
            images,
            outputs: self.outputs.slots(),
            arena: &mut self.arena,
            packed: &self.weights.packed,
            workspace: &mut self.workspace,
            batch,
            limit: self.micro_batch,
            threads: self.threads,
            observed: seam::Observed::by(&mut self.observer),
        }
        .in_micro_batches(N::forward);
        Ok(self.outputs.first())
    }

    /// An output of the last [`forward`](Self::forward) (nothing before the
    /// first), or `None` for a name that is no output.
    pub fn output(&self, name: &str) -> Option<&[N::Element]> {
        self.outputs.get(name)
    }

    /// All outputs of the last [`forward`](Self::forward) with their names, in
    /// order of [`ModelInfo::outputs`].
    pub fn outputs(&self) -> impl Iterator<Item = (&'static str, &[N::Element])> {
        self.outputs.iter()
    }

    /// Has an observer told of every call of a layer from now on, or nobody:
    /// how profiles are made. Forks start without.
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
}

impl<N: Network> fmt::Debug for Model<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("name", &N::INFO.name)
            .field("batch_limit", &self.batch_limit)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

/// Refuses limits that no model can have.
pub(crate) fn check_limits(
    info: &ModelInfo,
    batch_limit: usize,
    threads: usize,
) -> Result<(), Error> {
    if batch_limit == 0 || info.max_batch.is_some_and(|most| batch_limit > most) {
        return Err(Error::Limit {
            what: "batch limit",
            found: batch_limit,
            expected: match info.max_batch {
                Some(most) => format!("1 to {most}, as {} was compiled for", info.name),
                None => "1 or more".to_owned(),
            },
        });
    }
    if threads == 0 || threads > MAX_THREADS {
        return Err(Error::Limit {
            what: "threads",
            found: threads,
            expected: format!("1 to {MAX_THREADS}"),
        });
    }
    Ok(())
}

/// `len` zeros for each image of a batch.
pub(crate) fn per_image<E: Element>(
    len: usize,
    batch_limit: usize,
    what: &'static str,
) -> Result<Aligned<E>, Error> {
    let bytes = || len as u128 * batch_limit as u128 * size_of::<E>() as u128;
    let total = len.checked_mul(batch_limit);
    let total = total.ok_or_else(|| Error::Memory {
        what,
        bytes: bytes(),
    })?;
    Aligned::zeroed(total, what)
}

/// Zeros for so many elements of workspace for each thread.
pub(crate) fn per_thread<E: Element>(len: usize, threads: usize) -> Result<Aligned<E>, Error> {
    // Threads are few: their number was checked.
    Aligned::zeroed(len * threads, "workspace")
}

/// How many images `len` elements are.
pub(crate) fn batch_of(info: &ModelInfo, len: usize, batch_limit: usize) -> Result<usize, Error> {
    let [channels, height, width] = info.input;
    let image = channels * height * width;
    let batch = len / image;
    if len.is_multiple_of(image) && (1..=batch_limit).contains(&batch) {
        return Ok(batch);
    }
    Err(Error::Length {
        what: "images".to_owned(),
        found: len,
        expected: format!(
            "1 to {batch_limit} times {image} (each image [{channels}, {height}, {width}])"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{ARENA, INFO, Tiny, images, parameters};
    use crate::{DynNetwork, Parameters};

    fn weights() -> Weights<Tiny> {
        Weights::from_parameters(&parameters(5.0, 1.0)).unwrap()
    }

    #[test]
    fn batches_up_to_the_limit() {
        let mut model = Model::new(&weights(), 2, 1).unwrap();
        let mut fork = model.fork();
        assert_eq!(
            model.forward(&images()).unwrap(),
            [[11.0; 10], [16.0; 10]].concat()
        );
        assert_eq!(model.forward(&images()[..105]).unwrap(), [11.0; 10]);
        assert_eq!(fork.forward(&images()[105..]).unwrap(), [16.0; 10]);
        assert_eq!((fork.batch_limit(), fork.threads()), (2, 1));
    }

    #[test]
    fn batches_in_micro_batches() {
        // Of one, two and three images, the last ones cut off.
        let mut images = vec![0.0; 5 * 105];
        for (n, image) in images.chunks_mut(105).enumerate() {
            image[0] = n as f32;
        }
        for (threads, micro_batch) in [(1, 1), (2, 2), (3, 3)] {
            assert_eq!(INFO.micro_batch(5, threads), micro_batch);
            let mut model = Model::new(&weights(), 5, threads).unwrap();
            let logits = [[1.0; 10], [6.0; 10], [11.0; 10], [16.0; 10], [21.0; 10]];
            assert_eq!(model.forward(&images).unwrap(), logits.concat());
            assert_eq!(model.output("map"), Some(&[5.0; 30][..]));
        }
        assert_eq!(INFO.micro_batch(2, 3), 2);
    }

    #[test]
    fn outputs_by_name() {
        let mut model = Model::new(&weights(), 3, 1).unwrap();
        assert_eq!(model.output("map"), Some(&[][..]));
        model.forward(&images()).unwrap();
        let logits = [[11.0; 10], [16.0; 10]].concat();
        assert_eq!(model.output("logits"), Some(&logits[..]));
        assert_eq!(model.output("map"), Some(&[5.0; 12][..]));
        assert_eq!(model.output("maps"), None);
        let all: Vec<_> = model.outputs().collect();
        assert_eq!(all, [("logits", &logits[..]), ("map", &[5.0; 12])]);
        assert_eq!(INFO.classes(), Some(10));
        assert_eq!(INFO.outputs[0].batch_shape(4), [4, 10]);
        assert_eq!(INFO.outputs[1].batch_shape(4), [4, 2, 1, 3]);
    }

    #[test]
    fn through_the_object_safe_traits() {
        let network: &dyn DynNetwork = &Tiny;
        let mut model = network.model(&parameters(5.0, 1.0), 3, 2).unwrap();
        assert_eq!(model.forward(&images()[105..]).unwrap(), [16.0; 10]);
        assert_eq!(model.output("map"), Some(&[5.0; 6][..]));
        assert_eq!(model.fork().forward(&images()[105..]).unwrap(), [16.0; 10]);
        let found = (model.info().name, model.batch_limit(), model.threads());
        assert_eq!(found, ("tiny", 3, 2));
    }

    #[test]
    fn wrong_numbers_of_images() {
        let mut model = Model::new(&weights(), 2, 1).unwrap();
        for len in [0, 104, 106, 315] {
            let error = model.forward(&vec![0.0; len]).unwrap_err();
            let expected = format!(
                "images: found {len} elements, expected 1 to 2 times 105 (each image [3, 5, 7])"
            );
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn limits() {
        let refusal = |batch, threads| {
            Model::new(&weights(), batch, threads)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(refusal(0, 1), "batch limit: found 0, expected 1 or more");
        assert_eq!(refusal(1, 0), "threads: found 0, expected 1 to 256");
        assert_eq!(refusal(1, 257), "threads: found 257, expected 1 to 256");
        let text = refusal(usize::MAX, 1);
        assert!(
            text.starts_with("no memory for the outputs: 1180591620717411303360 bytes needed"),
            "{text}"
        );
        assert!(refusal(usize::MAX / 1000, 1).starts_with("no memory for the outputs: "));
    }

    #[test]
    fn parameters_of_another_model() {
        static OTHER: ModelInfo = ModelInfo {
            spec_hash: "4567",
            ..INFO
        };
        let error = Weights::<Tiny>::from_parameters(&Parameters::init(&OTHER, 0)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "parameters of tiny (spec 4567) given to tiny (spec 0123); make them from the same spec"
        );
    }

    #[test]
    fn bytes() {
        assert_eq!(
            INFO.inference_bytes(2, 3) as usize,
            4 * (1024 + 3 * 8 + 2 * (ARENA + 16))
        );
        let fixed = 3 * 1216 + 64 + 64 + 3 * 1024 + 3 * 16;
        assert_eq!(
            INFO.training_bytes(2, 3) as usize,
            4 * (fixed + 2 * (ARENA + 16))
        );
    }
}
