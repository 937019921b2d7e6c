//! Loss and accuracy of a network on a data set.

use anyhow::{Context, Result};
use resnet_runtime::{DynModel, DynTrainer, Error, ModelInfo, softmax, softmax_cross_entropy};

use crate::batches::Batch;
use crate::dataset::DataSet;
use crate::format::shape;
use crate::loader::with_batches;

/// Anything that classifies images without learning from them.
pub(crate) trait Classify {
    /// Images `[n][channels][height][width]` to logits `[n][classes]`.
    fn classify(&mut self, images: &[f32]) -> Result<&[f32], Error>;
    /// Most images in one call.
    fn limit(&self) -> usize;
    /// The network as data.
    fn network(&self) -> &'static ModelInfo;
}

impl Classify for dyn DynModel + '_ {
    fn classify(&mut self, images: &[f32]) -> Result<&[f32], Error> {
        self.forward(images)
    }
    fn limit(&self) -> usize {
        self.batch_limit()
    }
    fn network(&self) -> &'static ModelInfo {
        self.info()
    }
}

impl Classify for dyn DynTrainer + '_ {
    fn classify(&mut self, images: &[f32]) -> Result<&[f32], Error> {
        self.evaluate(images)
    }
    fn limit(&self) -> usize {
        self.batch_limit()
    }
    fn network(&self) -> &'static ModelInfo {
        self.info()
    }
}

/// A trainer's averaged parameters.
pub(crate) struct Averaged<'a>(pub(crate) &'a mut dyn DynTrainer);

impl Classify for Averaged<'_> {
    fn classify(&mut self, images: &[f32]) -> Result<&[f32], Error> {
        self.0.evaluate_averaged(images)
    }
    fn limit(&self) -> usize {
        self.0.batch_limit()
    }
    fn network(&self) -> &'static ModelInfo {
        self.0.info()
    }
}

/// The classes that a network tells apart: its first output must be a vector.
pub(crate) fn classes(info: &ModelInfo) -> Result<usize> {
    info.classes().with_context(|| {
        let output = &info.outputs[0];
        format!(
            "`{}` doesn't classify images: its first output `{}` is a map of {}, expected a \
             vector of classes; use `run`, which takes and gives any tensors",
            info.name,
            output.name,
            shape(output.shape),
        )
    })
}

/// Results on a data set.
#[derive(Clone, Debug)]
pub(crate) struct Evaluation {
    /// Mean cross-entropy.
    pub(crate) loss: f64,
    /// Images whose class came first.
    pub(crate) top1: usize,
    /// Images whose class was among the first five.
    pub(crate) top5: usize,
    /// The images of each class.
    pub(crate) per_class: Vec<ClassScore>,
    /// How many images of each class were taken for each class: a row for each
    /// label, a column for each answer.
    pub(crate) confusion: Vec<u32>,
}

/// Results on the images of one class.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ClassScore {
    pub(crate) images: usize,
    pub(crate) correct: usize,
}

/// Classifies every image of `data`, which so many workers load.
pub(crate) fn evaluate<C>(network: &mut C, data: &DataSet, workers: usize) -> Result<Evaluation>
where
    C: Classify + ?Sized,
{
    let (limit, classes) = (network.limit(), classes(network.network())?);
    let mut d_logits = vec![0.0; limit * classes];
    let mut per_class = vec![ClassScore::default(); classes];
    let mut confusion = vec![0; classes * classes];
    let (mut loss, mut top5) = (0.0, 0);
    let batches = data.len().div_ceil(limit);
    let fill = |number: usize, batch: &mut Batch| {
        let start = number * limit;
        batch.fill(data, start..data.len().min(start + limit))
    };
    let bytes = data.batch_bytes(limit);
    with_batches(0..batches, (workers.min(batches), bytes), &fill, |loader| {
        while let Some(batch) = loader.next()? {
            let count = batch.labels.len();
            let logits = network.classify(&batch.images)?;
            let d_logits = &mut d_logits[..count * classes];
            let mean = softmax_cross_entropy(logits, &batch.labels, classes, d_logits);
            loss += f64::from(mean) * count as f64;
            for (row, &label) in logits.chunks_exact(classes).zip(&batch.labels) {
                let rank = rank(row, label);
                confusion[label * classes + answer(row)] += 1;
                per_class[label].images += 1;
                per_class[label].correct += usize::from(rank == 0);
                top5 += usize::from(rank < 5);
            }
        }
        anyhow::Ok(())
    })?;
    Ok(Evaluation {
        loss: loss / data.len() as f64,
        top1: per_class.iter().map(|score| score.correct).sum(),
        top5,
        per_class,
        confusion,
    })
}

/// Classes that come before `label`. Of equal logits the first class wins;
/// NaN comes before everything, so that it never passes for a right answer.
pub(crate) fn rank(logits: &[f32], label: usize) -> usize {
    let own = logits[label];
    let before = |(class, logit): (usize, &f32)| {
        class != label
            && (logit.is_nan() || own.is_nan() || *logit > own || (*logit == own && class < label))
    };
    logits
        .iter()
        .enumerate()
        .filter(|entry| before(*entry))
        .count()
}

/// The class that comes first; of equal logits the first class wins.
fn answer(logits: &[f32]) -> usize {
    let better = |best: usize, class: usize| match logits[class] > logits[best] {
        true => class,
        false => best,
    };
    (0..logits.len()).reduce(better).unwrap_or(0)
}

/// The `count` most probable classes of one image, with their probabilities.
pub(crate) fn top(logits: &[f32], count: usize) -> Vec<(usize, f32)> {
    let mut probabilities = vec![0.0; logits.len()];
    softmax(logits, &mut probabilities);
    let mut classes: Vec<_> = probabilities.into_iter().enumerate().collect();
    classes.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    classes.truncate(count);
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_with_ties_and_nan() {
        assert_eq!(rank(&[0.0, 3.0, 1.0], 1), 0);
        assert_eq!(rank(&[0.0, 3.0, 1.0], 0), 2);
        assert_eq!(rank(&[2.0, 2.0], 0), 0);
        assert_eq!(rank(&[2.0, 2.0], 1), 1);
        assert_eq!(rank(&[f32::NAN, f32::NAN], 0), 1);
        assert_eq!(rank(&[f32::NAN, 5.0], 1), 1);
    }

    #[test]
    fn probabilities_come_sorted() {
        let top = top(&[0.0, 2f32.ln(), 1000f32.ln()], 2);
        assert_eq!(
            top.iter().map(|(class, _)| *class).collect::<Vec<_>>(),
            [2, 1]
        );
        assert!((top[0].1 - 1000.0 / 1003.0).abs() < 1e-6);
    }
}
