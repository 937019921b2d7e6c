//! Regularisation by chance, in training alone.

use crate::geometry::Buffer;
use crate::ops::drop::{self, Draws};
use crate::ops::rows::Sweep;
use crate::seam::{Arena, Source, Step, Target};

for_each_element! {
impl Step<'_, E> {
    /// Keeps or drops each value: forward from input to output, backward from
    /// `d_output` to `d_input`, with the same draws. `share` is the
    /// probability of being dropped, times 2^32. `accumulate` is added; the
    /// output may be exactly the input or `accumulate`.
    pub fn dropout(
        &mut self,
        share: usize,
        stream: usize,
        input: Buffer,
        output: Buffer,
        accumulate: Option<Buffer>,
    ) {
        self.observed.sweep("dropout", input, output);
        let draws = self.draws(share, stream);
        self.drop_by(drop::dropout, draws, input, output, accumulate);
    }

    /// Keeps or drops each image; otherwise as [`dropout`](Self::dropout).
    pub fn drop_path(
        &mut self,
        share: usize,
        stream: usize,
        input: Buffer,
        output: Buffer,
        accumulate: Option<Buffer>,
    ) {
        self.observed.sweep("drop_path", input, output);
        let draws = self.draws(share, stream);
        self.drop_by(drop::drop_path, draws, input, output, accumulate);
    }

    /// A layer's draws in this step; in an evaluation all are kept.
    #[track_caller]
    fn draws(&self, share: usize, stream: usize) -> Draws {
        let share = if self.evaluates { 0 } else { share };
        Draws::new(self.seed, self.step, stream, share)
    }

    fn drop_by(
        &mut self,
        drop: Drop<E>,
        draws: Draws,
        input: Buffer,
        output: Buffer,
        accumulate: Option<Buffer>,
    ) {
        let mut arena = Arena::new(self.arena, self.batch, self.limit);
        let output = arena.write(output);
        let input = arena.read_in_place(input, &[output]);
        let accumulate = accumulate.map(|buffer| arena.read_in_place(buffer, &[output]));
        drop(Sweep::new(self.threads), draws, input, accumulate, output);
    }
}
}

/// One of the operators of [`drop`].
type Drop<E> = fn(Sweep<E>, Draws, Source<'_, E>, Option<Source<'_, E>>, Target<'_, E>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Map;
    use crate::seam::StepParts;

    /// `x` for values that are kept, in file order; as `philox.py` among the
    /// references from PyTorch records them.
    fn kept(images: usize, map: Map, drop: impl Fn(&mut Step<'_, f64>, Buffer)) -> String {
        let mut arena = vec![1.0; images * map.len()];
        let parts = StepParts {
            arena: &mut arena,
            seed: 0x0123_4567_89ab_cdef,
            step: 3,
            ..StepParts::default()
        };
        drop(&mut Step::new(parts, images, images, 1), map.at(0));
        let mut text = String::new();
        for image in arena.chunks(map.len()) {
            for channel in 0..map.channels {
                let pixels = image.chunks(map.channel_stride);
                text.extend(pixels.map(|pixel| if pixel[channel] > 0.0 { 'x' } else { '.' }));
            }
        }
        text
    }

    #[test]
    fn recorded_masks() {
        let mask = kept(2, Map::new(3, 2, 3), |step, x| {
            step.dropout(1 << 31, 7, x, x, None)
        });
        assert_eq!(mask, "..xxx..x.xxxx.xxx.x..xxx.x.x..x.x...");
        let mask = kept(16, Map::new(1, 1, 1), |step, x| {
            step.drop_path(1 << 30, 7, x, x, None)
        });
        assert_eq!(mask, ".x.x..xxxxxxxxxx");
    }

    #[test]
    #[should_panic(expected = "more than 32 bits")]
    fn shares_fit_in_a_word() {
        let map = Map::new(1, 1, 1);
        kept(1, map, |step, x| step.dropout(1 << 32, 0, x, x, None));
    }
}
