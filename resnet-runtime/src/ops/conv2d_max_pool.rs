//! A convolution and the max pool behind it, together: each thread computes
//! some rows after another into memory of its own and pools them from there.
//!
//! Threads share out the convolution's rows. A window over the rows of two of
//! them is merged at the end, from the last rows that the first one has kept,
//! so that no row is computed twice; a maximum of maxima is the same to the
//! bit, however it is split.

use core::ops::Range;

use super::extent::part;
use super::rows::{elements, pixels_mut};
use super::shares::share_out;
use super::windows::axes;
use crate::geometry::{Map, Pool2d};
use crate::kernels::sweep::SweepKernels;
use crate::kernels::sweep::pixels::Pixels;
use crate::kernels::sweep::window::Axis;
use crate::kernels::sweep::window_max::WindowMaxArgs;
use crate::seam::Target;
use crate::{Element, pool};

/// A convolution whose output can be computed some rows at a time.
pub(crate) trait ByRows<E>: Sync {
    /// Layout of the output.
    fn map(&self) -> Map;

    /// Multiply-adds of the batch.
    fn work(&self) -> usize;

    /// Elements of workspace that each thread needs.
    fn workspace_len(&self) -> usize;

    /// Computes some rows of an image: whole lines of tiles. `output` is where
    /// the image's first row would begin.
    ///
    /// # Safety
    ///
    /// The rows are in the image and can be written, by this thread alone.
    unsafe fn rows(&self, image: usize, rows: Range<usize>, output: *mut E, workspace: &mut [E]);
}

/// `output = max_pool(convolution)`, so many rows of the convolution at a time.
pub(crate) fn conv2d_max_pool<E: Element>(
    kernels: &SweepKernels<E>,
    threads: usize,
    convolution: &impl ByRows<E>,
    strip_rows: usize,
    pool: &Pool2d,
    output: Target<'_, E>,
    workspace: &mut [E],
) {
    let map = convolution.map();
    let above = pool.kernel[0].saturating_sub(1);
    assert!(
        map.channels == output.map.channels && above <= strip_rows && above < map.height,
        "no convolution with a pool: {map:?}, {pool:?} to {:?}",
        output.map
    );
    let strips = Strips {
        axes: axes(pool, &map, &output.map),
        channels: elements(&output.map).min(elements(&map)),
        above,
        rows: strip_rows,
        each: map.height.div_ceil(strip_rows),
        map,
        output,
    };
    let units = output.batch * strips.each;
    let shares = pool::threads_for(threads, convolution.work()).clamp(1, units.max(1));
    let held = (above + strip_rows)
        .checked_mul(map.row_stride())
        .filter(|&held| held <= workspace.len())
        .expect("workspace holds a strip");
    let each = held + convolution.workspace_len();
    share_out(shares, each, workspace, &|share, workspace| {
        let (held, rest) = workspace.split_at_mut(held);
        // SAFETY: shares write rows of their own, and hold a strip each.
        unsafe { strips.share(kernels, convolution, part(units, share, shares), held, rest) };
    });
    for share in 1..shares {
        let first = part(units, share, shares).start;
        let held = &workspace[(share - 1) * each..][..held];
        // SAFETY: all rows are written, and the share before this one has left
        // its last rows.
        unsafe { strips.merge(kernels, first, held) };
    }
}

/// Strips of rows of a convolution's output, and where their maxima go.
struct Strips<'a, E> {
    map: Map,
    output: Target<'a, E>,
    axes: [Axis; 2],
    /// Elements of a pixel, whole channel blocks.
    channels: usize,
    /// Rows above a strip that its windows may reach.
    above: usize,
    /// Rows of a strip.
    rows: usize,
    /// Strips of an image.
    each: usize,
}

impl<E: Element> Strips<'_, E> {
    /// Image of a strip, and its rows.
    fn place(&self, unit: usize) -> (usize, Range<usize>) {
        let start = unit % self.each * self.rows;
        (
            unit / self.each,
            start..self.map.height.min(start + self.rows),
        )
    }

    /// Computes and pools some strips, of which `held` has one at a time behind
    /// the rows above it.
    ///
    /// # Safety
    ///
    /// Nobody else writes the windows that end in these strips.
    unsafe fn share(
        &self,
        kernels: &SweepKernels<E>,
        convolution: &impl ByRows<E>,
        units: Range<usize>,
        held: &mut [E],
        workspace: &mut [E],
    ) {
        let row_stride = self.map.row_stride();
        // The first row of the image that this share computes.
        let mut first = 0;
        for unit in units.clone() {
            let (image, rows) = self.place(unit);
            if unit == units.start || rows.start == 0 {
                first = rows.start;
            } else {
                held.copy_within(self.rows * row_stride.., 0);
            }
            let base = held.as_mut_ptr().wrapping_add(self.above * row_stride);
            let base = base.wrapping_sub(rows.start * row_stride);
            let done = [rows.start, rows.end].map(|row| self.axes[0].ended_before(row));
            let pooled = done[0]..done[1];
            let args = WindowMaxArgs {
                axes: [self.axes[0].within(first..rows.end), self.axes[1]],
                rows: pooled.clone(),
                channels: self.channels,
                input: Pixels {
                    base: base.wrapping_add(first * row_stride),
                    row: row_stride,
                    pixel: self.map.channel_stride,
                },
                output: pixels_mut(&self.output, image, 0),
                merges: false,
            };
            // SAFETY: `held` has the strip's rows, and those above it that
            // windows reach unless another share computes them; the caller
            // vouches for the output.
            unsafe {
                convolution.rows(image, rows, base, workspace);
                (kernels.window_max)(&args);
                self.output.zero_halo(image, pooled);
            }
        }
    }

    /// Merges what windows over the first row of a strip cover above it, where
    /// another share holds that.
    ///
    /// # Safety
    ///
    /// `held` has the rows above the strip; nobody uses the output meanwhile.
    unsafe fn merge(&self, kernels: &SweepKernels<E>, unit: usize, held: &[E]) {
        let (image, rows) = self.place(unit);
        if rows.start == 0 {
            return;
        }
        let vertical = self.axes[0];
        let row_stride = self.map.row_stride();
        let args = WindowMaxArgs {
            axes: [
                vertical.within(rows.start - self.above..rows.start),
                self.axes[1],
            ],
            rows: vertical.ended_before(rows.start)..vertical.begun_before(rows.start),
            channels: self.channels,
            input: Pixels {
                // Behind the strip before, which was a whole one, there are as
                // many rows as above it.
                base: held[self.rows * row_stride..].as_ptr(),
                row: row_stride,
                pixel: self.map.channel_stride,
            },
            output: pixels_mut(&self.output, image, 0),
            merges: true,
        };
        // SAFETY: the caller's promise.
        unsafe { (kernels.window_max)(&args) };
    }
}
