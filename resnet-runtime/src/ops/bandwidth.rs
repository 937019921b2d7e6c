//! What memory moves, measured: the other limit beside multiply-adds.

use std::time::Instant;

use super::flat::blend;
use crate::aligned::Aligned;

/// Elements of each of two regions: more than caches hold.
const ELEMENTS: usize = 32 << 20;

/// Billions of bytes a second that so many threads read and write in memory
/// beyond the caches, two read for one written; the best of a few runs.
///
/// # Errors
///
/// [`Error::Memory`](crate::Error::Memory) where there aren't 256 MiB.
pub fn memory_gigabytes(threads: usize) -> Result<f64, crate::Error> {
    let from = Aligned::<f32>::zeroed(ELEMENTS, "a measurement")?;
    let mut to = Aligned::<f32>::zeroed(ELEMENTS, "a measurement")?;
    let bytes = (3 * size_of::<f32>() * ELEMENTS) as f64;
    let rates = (0..3).map(|_| {
        let start = Instant::now();
        blend(threads.max(1), &mut to, &from, [0.5, 0.5]);
        bytes / start.elapsed().as_secs_f64() / 1e9
    });
    Ok(rates.fold(0.0, f64::max))
}
