//! Pictures in batches, read and transformed by several threads.

use std::thread;

use anyhow::{Result, bail};

use super::{Raster, Source, Transform};
use crate::progress::bar;

/// A picture as a network sees it.
pub(crate) struct Seen {
    /// What it is called.
    pub(crate) name: String,
    /// Its pixels before they are normalised.
    pub(crate) pixels: Raster,
}

/// Gives `each` the pictures in batches, with the network's values of them.
///
/// A picture that can't be read is told, left out and makes the whole fail at
/// the end, after all the others.
pub(crate) fn in_batches(
    sources: &[Source],
    transform: &Transform,
    [size, threads]: [usize; 2],
    mut each: impl FnMut(&[Seen], &[f32]) -> Result<()>,
) -> Result<()> {
    let bar = bar(sources.len());
    let mut refused = 0;
    let mut values = Vec::new();
    for batch in sources.chunks(size) {
        let mut seen = Vec::new();
        values.clear();
        for (source, pixels) in batch.iter().zip(read_all(batch, transform, threads)) {
            match pixels {
                Ok(pixels) => {
                    transform.normalize(&pixels, &mut values);
                    let name = source.name();
                    seen.push(Seen { name, pixels });
                }
                Err(error) => {
                    refused += 1;
                    bar.suspend(|| eprintln!("error: {}", crate::message(&error)));
                }
            }
        }
        if !seen.is_empty() {
            bar.suspend(|| each(&seen, &values))?;
        }
        bar.inc(batch.len() as u64);
    }
    bar.finish_and_clear();
    match (refused, sources.len()) {
        (0, _) => Ok(()),
        (_, 1) => bail!("the picture could not be read"),
        (refused, all) => bail!("{refused} of {all} pictures could not be read"),
    }
}

fn read_all(batch: &[Source], transform: &Transform, threads: usize) -> Vec<Result<Raster>> {
    let read = |source: &Source| {
        let picture = source.picture(transform.channels())?;
        Ok(transform.crop(picture))
    };
    let share = batch.len().div_ceil(threads.max(1));
    thread::scope(|scope| {
        let shares: Vec<_> = batch
            .chunks(share)
            .map(|share| scope.spawn(move || share.iter().map(read).collect::<Vec<_>>()))
            .collect();
        let read = shares.into_iter().flat_map(|share| {
            share
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        read.collect()
    })
}
