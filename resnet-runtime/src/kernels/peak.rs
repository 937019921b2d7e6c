//! The processor's peak, measured: what every figure is compared with.

use std::time::Instant;

use super::vector::{Kernel, Vector};
use crate::element::sealed::Sealed;
use crate::{Element, pool};

/// Rounds of multiply-adds, and where a result goes so that they are kept.
pub(crate) struct PeakRun<E> {
    rounds: usize,
    result: *mut E,
}

/// Sums that don't wait for one another, as many as a tile of the smallest
/// register file holds.
const SUMS: usize = 12;

/// Elements that `result` has room for: the widest vector's.
const ROOM: usize = 16;

/// Runs [`SUMS`] multiply-adds of vectors a round; `result` has room for a
/// vector.
pub(crate) struct Peak;

impl<V: Vector> Kernel<V> for Peak {
    type Args = PeakRun<V::Element>;

    #[inline(always)]
    unsafe fn run(run: &Self::Args) {
        // SAFETY: the caller vouches for the instructions and the result.
        unsafe {
            let start = V::load(run.result);
            let mut sums = [start; SUMS];
            for _ in 0..run.rounds {
                for sum in &mut sums {
                    *sum = sum.mul_add(start, start);
                }
            }
            let total = sums.into_iter().reduce(|a, b| a.add(b));
            total.unwrap_or(start).store(run.result);
        }
    }
}

/// Rate of `f32` multiply-adds alone in GFLOP/s on so many threads at once, with
/// the instruction set in use; the best of a few runs.
pub fn fma_peak_gflops(threads: usize) -> f64 {
    (0..32).map(|_| one_run(threads)).fold(0.0, f64::max)
}

/// The same in about a millisecond: for measurements in turns with something
/// else, as the clock rises and falls. The best of runs so close that only the
/// first may find a thread of the pool asleep.
pub fn fma_gflops(threads: usize) -> f64 {
    (0..3).map(|_| one_run(threads)).fold(0.0, f64::max)
}

/// One run of a fraction of a millisecond.
fn one_run(threads: usize) -> f64 {
    const ROUNDS: usize = 100_000;
    let threads = threads.max(1);
    let kernels = &f32::kernels().conv;
    let flops = (2 * SUMS * kernels.lanes * ROUNDS * threads) as f64;
    let start = Instant::now();
    pool::run(threads, threads, &|shares| {
        for _ in shares {
            let mut result = [f32::ZERO; ROOM];
            let run = PeakRun {
                rounds: ROUNDS,
                result: result.as_mut_ptr(),
            };
            // SAFETY: the table is of the instruction set in use, and the
            // result has room for its vectors.
            unsafe { (kernels.peak)(&run) };
            std::hint::black_box(&result);
        }
    });
    flops / start.elapsed().as_secs_f64() / 1e9
}
