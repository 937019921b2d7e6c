//! Sweeps over whole regions, shared among threads.

use super::pack::Apart;
use crate::kernels::sweep::flat::{BlendArgs, SquaresArgs};
use crate::{CHANNEL_BLOCK, Element, pool};

/// Elements that a thread sweeps over at a time.
pub(crate) const SWEEP_BLOCK: usize = 4096;

/// Multiply-adds that take as long as sweeping over one element, roughly.
pub(crate) const SWEEP: usize = 32;

/// Partial sums of a region.
const PARTS: usize = 64;

/// `to = keep * to + add * from`. Both are whole channel blocks.
pub(crate) fn blend<E: Element>(threads: usize, to: &mut [E], from: &[E], [keep, add]: [f64; 2]) {
    let len = to.len();
    assert!(len == from.len() && len.is_multiple_of(CHANNEL_BLOCK));
    let to = Apart::new(to);
    pool::run(
        pool::threads_for(threads, SWEEP * len),
        len.div_ceil(SWEEP_BLOCK),
        &|blocks| {
            let range = blocks.start * SWEEP_BLOCK..len.min(blocks.end * SWEEP_BLOCK);
            // SAFETY: blocks are apart.
            let to = unsafe { to.part(range.clone()) };
            let args = BlendArgs {
                len: range.len(),
                keep: E::from_f64(keep),
                add: E::from_f64(add),
                from: from[range].as_ptr(),
                to: to.as_mut_ptr(),
            };
            // SAFETY: both have so many elements, a multiple of any vector's.
            unsafe { (E::kernels().sweep.training().blend)(&args) }
        },
    );
}

/// `values *= factor`, of whole channel blocks.
pub(crate) fn scale<E: Element>(threads: usize, values: &mut [E], factor: f64) {
    let len = values.len();
    let values = Apart::new(values);
    pool::run(
        pool::threads_for(threads, SWEEP * len),
        len.div_ceil(SWEEP_BLOCK),
        &|blocks| {
            let range = blocks.start * SWEEP_BLOCK..len.min(blocks.end * SWEEP_BLOCK);
            // SAFETY: blocks are apart.
            let values = unsafe { values.part(range) };
            let factor = E::from_f64(factor);
            values.iter_mut().for_each(|value| *value = *value * factor);
        },
    );
}

/// The sum of the squares of whole channel blocks: of blocks in `E`, summed up
/// in `f64` in an order that follows from the length alone.
pub(crate) fn sum_of_squares<E: Element>(threads: usize, values: &[E]) -> f64 {
    let len = values.len();
    assert!(len.is_multiple_of(CHANNEL_BLOCK));
    let part = len.div_ceil(PARTS).next_multiple_of(SWEEP_BLOCK);
    let mut sums = [0.0; PARTS];
    let apart = Apart::new(&mut sums);
    pool::run(
        pool::threads_for(threads, SWEEP * len),
        len.div_ceil(part.max(1)),
        &|parts| {
            for index in parts {
                let range = index * part..len.min((index + 1) * part);
                // SAFETY: each part has a sum of its own.
                let sum = &mut unsafe { apart.part(index..index + 1) }[0];
                *sum = values[range].chunks(SWEEP_BLOCK).map(squares).sum();
            }
        },
    );
    sums.iter().sum()
}

fn squares<E: Element>(values: &[E]) -> f64 {
    let mut sum = 0.0;
    let args = SquaresArgs {
        len: values.len(),
        values: values.as_ptr(),
        sum: &mut sum,
    };
    // SAFETY: there are so many elements, whole channel blocks.
    unsafe { (E::kernels().sweep.training().squares)(&args) };
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Odd numbers of blocks and of threads.
    #[test]
    fn sums_and_blends_by_hand() {
        for len in [0, 16, 4096, 4112, 300_000] {
            let values: Vec<f32> = (0..len).map(|i| ((i % 17) as f32 - 8.0) / 4.0).collect();
            let exact: f64 = values.iter().map(|v| f64::from(*v) * f64::from(*v)).sum();
            let sum = sum_of_squares(1, &values);
            assert!((sum - exact).abs() <= 1e-6 * exact, "{sum} {exact}");
            for threads in [2, 3] {
                assert_eq!(sum_of_squares(threads, &values), sum);
                let mut to = vec![2.0; len];
                blend(threads, &mut to, &values, [0.5, 3.0]);
                assert!(to.iter().zip(&values).all(|(to, v)| *to == 1.0 + 3.0 * v));
            }
        }
    }

    /// Every instruction set sums in the same order.
    #[test]
    fn every_instruction_set_agrees() {
        use crate::element::sealed::Sealed;
        let values: Vec<f32> = (0..160).map(|i| (i as f32).sin()).collect();
        let sums = f32::all().into_iter().map(|kernels| {
            let mut sum = 0.0;
            let args = SquaresArgs {
                len: values.len(),
                values: values.as_ptr(),
                sum: &mut sum,
            };
            // SAFETY: the processor has these instructions; 160 elements are
            // whole blocks.
            unsafe { (kernels.sweep.training().squares)(&args) };
            sum
        });
        let sums: Vec<f64> = sums.collect();
        assert!(sums.iter().all(|sum| *sum == sums[0]), "{sums:?}");
    }
}
