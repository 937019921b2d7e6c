//! Cross entropy of class logits. The loss lives outside the networks, so that
//! any other that yields a gradient of the outputs may take its place.

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use crate::Element;

/// Mean cross entropy of a batch's logits, and the gradient of that mean.
///
/// `logits` and `d_logits` are `[n][classes]`, `labels` are `n` class numbers.
/// Sums run in `f64`, and no logit is large enough to overflow an exponential.
///
/// # Panics
///
/// When the batch is empty, the lengths differ or a label is no class.
pub fn softmax_cross_entropy<E: Element>(
    logits: &[E],
    labels: &[usize],
    classes: usize,
    d_logits: &mut [E],
) -> E {
    softmax_cross_entropy_of_maps(logits, labels, [classes, 1], d_logits)
}

/// The same of maps, where every pixel has a label: the mean is over all
/// pixels of all images, as PyTorch's `cross_entropy` takes it.
///
/// `logits` and `d_logits` are `[n][classes][pixels]`, `labels` are
/// `[n][pixels]`; `sizes` are the numbers of classes and pixels.
///
/// # Panics
///
/// As [`softmax_cross_entropy`].
pub fn softmax_cross_entropy_of_maps<E: Element>(
    logits: &[E],
    labels: &[usize],
    sizes: [usize; 2],
    d_logits: &mut [E],
) -> E {
    (E::compiled().cross_entropy)(logits, labels, sizes, d_logits)
}

/// See [`softmax_cross_entropy_of_maps`].
pub(crate) fn cross_entropy_of_maps<E: Element>(
    logits: &[E],
    labels: &[usize],
    [classes, pixels]: [usize; 2],
    d_logits: &mut [E],
) -> E {
    assert!(!labels.is_empty(), "a batch of no images has no mean loss");
    assert_eq!(
        logits.len(),
        labels.len() * classes,
        "logits must be [labels][classes]"
    );
    assert_eq!(
        logits.len(),
        d_logits.len(),
        "d_logits must be as long as the logits"
    );
    let share = 1.0 / labels.len() as f64;
    let mut loss = 0.0;
    let images = logits
        .chunks_exact(classes * pixels)
        .zip(d_logits.chunks_exact_mut(classes * pixels));
    for ((image, d_image), labels) in images.zip(labels.chunks_exact(pixels)) {
        for (pixel, &label) in labels.iter().enumerate() {
            assert!(
                label < classes,
                "label {label} is none of {classes} classes"
            );
            let row = || image[pixel..].iter().step_by(pixels);
            let log_sum = log_sum_exp(row());
            loss += log_sum - image[pixel + label * pixels].to_f64();
            let d_row = d_image[pixel..].iter_mut().step_by(pixels);
            for (class, (d, logit)) in d_row.zip(row()).enumerate() {
                let target = if class == label { 1.0 } else { 0.0 };
                *d = E::from_f64(share * ((logit.to_f64() - log_sum).exp() - target));
            }
        }
    }
    E::from_f64(share * loss)
}

/// Cross entropy of a batch's logits with soft labels, `[n][classes]`: the mean
/// over images of `-sum(target * log(probability))`, and its gradient.
///
/// Rows of `targets` need not sum to one: weighted classes, smoothed labels,
/// mixed images and a teacher's probabilities are all said by them.
///
/// # Panics
///
/// When the batch is empty or the lengths differ.
pub fn soft_cross_entropy<E: Element>(
    logits: &[E],
    targets: &[E],
    classes: usize,
    d_logits: &mut [E],
) -> E {
    (E::compiled().soft_cross_entropy)(logits, targets, classes, d_logits)
}

/// See [`soft_cross_entropy`].
pub(crate) fn cross_entropy_of_targets<E: Element>(
    logits: &[E],
    targets: &[E],
    classes: usize,
    d_logits: &mut [E],
) -> E {
    assert!(!logits.is_empty(), "a batch of no images has no mean loss");
    assert_eq!(logits.len() % classes, 0, "logits must be [n][classes]");
    assert_eq!(logits.len(), targets.len(), "one target a logit");
    assert_eq!(
        logits.len(),
        d_logits.len(),
        "d_logits must be as long as the logits"
    );
    let share = classes as f64 / logits.len() as f64;
    let mut loss = 0.0;
    let rows = logits
        .chunks_exact(classes)
        .zip(targets.chunks_exact(classes))
        .zip(d_logits.chunks_exact_mut(classes));
    for ((row, targets), d_row) in rows {
        let log_sum = log_sum_exp(row.iter());
        let weight: f64 = targets.iter().map(|target| target.to_f64()).sum();
        for ((logit, target), d) in row.iter().zip(targets).zip(d_row) {
            let log_probability = logit.to_f64() - log_sum;
            let target = target.to_f64();
            // A target of zero asks nothing of a probability of zero.
            if target != 0.0 {
                loss -= target * log_probability;
            }
            *d = E::from_f64(share * (weight * log_probability.exp() - target));
        }
    }
    E::from_f64(share * loss)
}

/// Probabilities of one image's classes: the softmax of its logits.
///
/// # Panics
///
/// When the lengths differ.
pub fn softmax<E: Element>(logits: &[E], probabilities: &mut [E]) {
    assert_eq!(logits.len(), probabilities.len(), "one probability a logit");
    let log_sum = log_sum_exp(logits.iter());
    for (probability, logit) in probabilities.iter_mut().zip(logits) {
        *probability = E::from_f64((logit.to_f64() - log_sum).exp());
    }
}

/// The logarithm of the sum of exponentials, with the largest value taken out
/// so that no exponential overflows.
fn log_sum_exp<'a, E: Element>(values: impl Iterator<Item = &'a E> + Clone) -> f64 {
    let values = || values.clone().map(|value| value.to_f64());
    let largest = values().fold(f64::NEG_INFINITY, f64::max);
    largest
        + values()
            .map(|value| (value - largest).exp())
            .sum::<f64>()
            .ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // Softmax of [0, ln 3] is [1/4, 3/4]; of equal logits 1/2 each.
        let logits = [0.0, 3f64.ln(), 7.0, 7.0];
        let mut d_logits = [0.0; 4];
        let loss = softmax_cross_entropy(&logits, &[1, 0], 2, &mut d_logits);
        assert!((loss - 0.5 * ((4.0f64 / 3.0).ln() + 2f64.ln())).abs() < 1e-15);
        for (d, expected) in d_logits.iter().zip([0.125, -0.125, -0.25, 0.25]) {
            assert!((d - expected).abs() < 1e-15);
        }
        let mut probabilities = [0.0; 2];
        softmax(&logits[..2], &mut probabilities);
        assert!((probabilities[0] - 0.25).abs() < 1e-15);
    }

    #[test]
    fn finite_differences() {
        let logits = [0.3, -1.2, 2.0, 0.1, 0.0, -0.4, 5.0, -3.0, 1.0];
        let labels = [2, 0, 1];
        let mut d_logits = [0.0; 9];
        softmax_cross_entropy(&logits, &labels, 3, &mut d_logits);
        for i in 0..9 {
            let at = |shift: f64| {
                let mut moved = logits;
                moved[i] += shift;
                softmax_cross_entropy(&moved, &labels, 3, &mut [0.0; 9])
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!(
                (slope - d_logits[i]).abs() < 1e-9,
                "{slope} {}",
                d_logits[i]
            );
        }
    }

    /// Hard labels are the soft ones of a single class each; others have the
    /// slopes of their losses.
    #[test]
    fn soft_labels() {
        let logits = [0.3f64, -1.2, 2.0, 0.1, 0.0, -0.4, 5.0, -3.0, 1.0];
        let hard = [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
        let (mut d_hard, mut d_soft) = ([0.0f64; 9], [0.0; 9]);
        let expected = softmax_cross_entropy(&logits, &[2, 0, 1], 3, &mut d_hard);
        let found = soft_cross_entropy(&logits, &hard, 3, &mut d_soft);
        assert!((found - expected).abs() < 1e-14);
        assert!(
            d_hard
                .iter()
                .zip(d_soft)
                .all(|(a, b)| (a - b).abs() < 1e-15)
        );
        let targets = [0.1, 0.2, 0.7, 2.0, 0.0, 1.0, 0.3, 0.3, 0.1];
        soft_cross_entropy(&logits, &targets, 3, &mut d_soft);
        for i in 0..9 {
            let at = |shift: f64| {
                let mut moved = logits;
                moved[i] += shift;
                soft_cross_entropy(&moved, &targets, 3, &mut [0.0; 9])
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!((slope - d_soft[i]).abs() < 1e-9, "{slope} {}", d_soft[i]);
        }
    }

    /// Maps are so many vectors, in another order.
    #[test]
    fn maps() {
        const CLASSES: usize = 3;
        const PIXELS: usize = 4;
        let logits: Vec<f64> = (0..24).map(|i| f64::from(i * i % 17) * 0.3 - 2.0).collect();
        let labels = [2, 0, 1, 1, 0, 2, 2, 1];
        let rows: Vec<f64> = (0..8)
            .flat_map(|row| (0..CLASSES).map(move |class| (row, class)))
            .map(|(row, class)| logits[(row / PIXELS * CLASSES + class) * PIXELS + row % PIXELS])
            .collect();
        let (mut d_logits, mut d_rows) = ([0.0; 24], [0.0; 24]);
        let sizes = [CLASSES, PIXELS];
        let loss = softmax_cross_entropy_of_maps(&logits, &labels, sizes, &mut d_logits);
        let expected = softmax_cross_entropy(&rows, &labels, CLASSES, &mut d_rows);
        assert!((loss - expected).abs() < 1e-15);
        for (i, d) in d_rows.iter().enumerate() {
            let (row, class) = (i / CLASSES, i % CLASSES);
            let at = (row / PIXELS * CLASSES + class) * PIXELS + row % PIXELS;
            assert_eq!(d_logits[at], *d);
        }
    }

    #[test]
    fn extreme_logits_stay_finite() {
        let mut d_logits = [0.0; 2];
        let loss = softmax_cross_entropy(&[3e38f32, -3e38], &[0], 2, &mut d_logits);
        assert_eq!((loss, d_logits), (0.0, [0.0, 0.0]));
        let loss = softmax_cross_entropy(&[1e4f32, -1e4], &[1], 2, &mut d_logits);
        assert_eq!((loss, d_logits), (2e4, [1.0, -1.0]));
    }

    #[test]
    #[should_panic(expected = "label 2 is none of 2 classes")]
    fn label_out_of_range() {
        softmax_cross_entropy(&[0.0f32; 2], &[2], 2, &mut [0.0; 2]);
    }
}
