//! Regularisation by chance: dropout and stochastic depth. Forward and backward
//! are the same multiplication, by draws that are made anew each time.

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use super::rows::{Sweep, assert_same, elements, pixels, pixels_mut};
use super::scale::scale_images;
use crate::Element;
use crate::kernels::sweep::dropout::{DropoutArgs, ImageDraws};
use crate::kernels::sweep::scale::Factors;
use crate::philox::philox4x32;
use crate::seam::{Source, Target};

/// The draws of one layer in one step.
///
/// The key is the seed, lower word first. The counter's words are the number
/// of four values in a row (place in the image, counted as channel, row,
/// column, divided by 4), the image's number in the batch, the step's lower
/// 32 bits and the layer's stream; the place's remainder chooses among the
/// four words drawn. For a whole image it is place 0. A value is kept if its
/// word is at least `share`.
#[derive(Clone, Copy)]
pub(crate) struct Draws {
    key: [u32; 2],
    step: u32,
    stream: u32,
    share: u32,
}

impl Draws {
    /// `share` is the probability of being dropped, times 2^32.
    #[track_caller]
    pub(crate) fn new(seed: u64, step: u64, stream: usize, share: usize) -> Self {
        let (Ok(stream), Ok(share)) = (u32::try_from(stream), u32::try_from(share)) else {
            panic!("stream {stream} or share {share} needs more than 32 bits");
        };
        Self {
            key: [seed as u32, (seed >> 32) as u32],
            step: step as u32,
            stream,
            share,
        }
    }

    /// What kept values are multiplied by.
    fn factor(&self) -> f64 {
        1.0 / (1.0 - f64::from(self.share) / 2f64.powi(32))
    }

    fn of_image(&self, image: usize) -> ImageDraws {
        ImageDraws {
            key: self.key,
            counter: [image as u32, self.step, self.stream],
            share: self.share,
        }
    }

    /// Whether a whole image is kept.
    fn keeps(&self, image: usize) -> bool {
        let ImageDraws { key, counter, .. } = self.of_image(image);
        let [image, step, stream] = counter.map(|word| [word]);
        philox4x32([[0], image, step, stream], key)[0][0] >= self.share
    }
}

/// Keeps or drops each value, and adds `accumulate`. The output may be exactly
/// the input or `accumulate`.
pub(crate) fn dropout<E: Element>(
    sweep: Sweep<E>,
    draws: Draws,
    input: Source<'_, E>,
    accumulate: Option<Source<'_, E>>,
    output: Target<'_, E>,
) {
    let map = output.map;
    for source in [Some(input), accumulate].into_iter().flatten() {
        assert_same(&source.map, &map);
    }
    sweep.for_rows(output.batch, &map, &|image, rows| {
        let args = DropoutArgs {
            draws: draws.of_image(image),
            factor: E::from_f64(draws.factor()),
            rows: rows.clone(),
            height: map.height,
            width: map.width,
            channels: elements(&map),
            input: pixels(&input, image, 0),
            accumulate: accumulate.map(|accumulate| pixels(&accumulate, image, 0)),
            output: pixels_mut(&output, image, 0),
        };
        // SAFETY: the rows lie inside maps of one shape with whole channel
        // blocks; each row is one thread's alone.
        unsafe {
            (sweep.kernels.training().dropout)(&args);
            output.zero_halo(image, rows);
        }
    });
}

/// Keeps or drops each image, and adds `accumulate`. The output may be exactly
/// the input or `accumulate`.
pub(crate) fn drop_path<E: Element>(
    sweep: Sweep<E>,
    draws: Draws,
    input: Source<'_, E>,
    accumulate: Option<Source<'_, E>>,
    output: Target<'_, E>,
) {
    let factors = |image| {
        let factor = if draws.keeps(image) {
            draws.factor()
        } else {
            0.0
        };
        Factors::All(E::from_f64(factor))
    };
    scale_images(sweep, input, &factors, accumulate, output);
}
