//! Work that threads share out, each with workspace of its own.

use super::pack::Apart;
use crate::{Element, pool};

/// Runs `work` once for each of `shares` (one or more), in parallel, with its
/// number and `each` elements of workspace.
pub(crate) fn share_out<E: Element>(
    shares: usize,
    each: usize,
    workspace: &mut [E],
    work: &(dyn Fn(usize, &mut [E]) + Sync),
) {
    assert!(
        workspace.len() / shares >= each,
        "{} elements of workspace for {shares} threads of {each}",
        workspace.len()
    );
    let workspace = Apart::new(workspace);
    pool::run(shares, shares, &|range| {
        for share in range {
            // SAFETY: every share is run once, and their parts don't overlap.
            let workspace = unsafe { workspace.part(share * each..(share + 1) * each) };
            work(share, workspace);
        }
    });
}
