//! Regularisation by chance, in training alone.

use crate::Element;
use crate::geometry::Buffer;
use crate::ops::drop::{self, Draws};
use crate::ops::rows::Sweep;
use crate::seam::{Arena, Source, Step, Target};

impl<E: Element> Step<'_, E> {
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
        let draws = Draws::new(self.seed, self.step, stream, share);
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
        let draws = Draws::new(self.seed, self.step, stream, share);
        self.drop_by(drop::drop_path, draws, input, output, accumulate);
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

/// One of the operators of [`drop`].
type Drop<E> = fn(Sweep<E>, Draws, Source<'_, E>, Option<Source<'_, E>>, Target<'_, E>);
