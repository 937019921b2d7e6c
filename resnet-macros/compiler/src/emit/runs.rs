//! Finds runs of equal blocks in a list: of a network's layers, of the calls
//! they become, of their parameters.

/// Fewer blocks than this stay written out: that reads better.
const FEWEST_BLOCKS: usize = 3;
/// So do runs that would save fewer items than this.
const FEWEST_SAVED: usize = 4;
/// No block of the family has more items; two of most blocks fit.
const LONGEST_BLOCK: usize = 48;

/// Blocks in a row, one like the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Where the first begins.
    pub(super) start: usize,
    /// Items of a block.
    pub(super) period: usize,
    /// How many blocks.
    pub(super) blocks: usize,
}

impl Run {
    /// Items of all blocks.
    pub(super) fn len(&self) -> usize {
        self.period * self.blocks
    }

    /// The items of the block with this number.
    pub(super) fn block(&self, number: usize) -> std::ops::Range<usize> {
        let start = self.start + number * self.period;
        start..start + self.period
    }

    /// The same position in every block.
    pub(super) fn column(&self, item: usize) -> impl Iterator<Item = usize> + use<> {
        let Self { start, period, .. } = *self;
        (0..self.blocks).map(move |block| start + block * period + item)
    }
}

/// Cuts a list of `len` items into runs, in order; an item in no run is a run
/// of one block of one item.
///
/// `follows(run, item)` tells whether the item one block after `item` goes on
/// with the run so far, whose blocks up to there do.
pub(super) fn runs(len: usize, follows: impl Fn(Run, usize) -> bool) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut start = 0;
    while start < len {
        let run = longest_run(start, len, &follows);
        start += run.len();
        runs.push(run);
    }
    runs
}

/// The run from `start` that saves most.
fn longest_run(start: usize, len: usize, follows: &impl Fn(Run, usize) -> bool) -> Run {
    let mut best = Run {
        start,
        period: 1,
        blocks: 1,
    };
    let saved = |run: &Run| run.period * (run.blocks - 1);
    for period in 1..=LONGEST_BLOCK.min((len - start) / FEWEST_BLOCKS) {
        // Several blocks of a run repeat where one does.
        if best.blocks > 1 && period.is_multiple_of(best.period) {
            continue;
        }
        let run = |items: usize| Run {
            start,
            period,
            blocks: items / period + 1,
        };
        let repeated = (0..len - start - period)
            .take_while(|&items| follows(run(items), start + items))
            .count();
        let run = run(repeated);
        if run.blocks >= FEWEST_BLOCKS && saved(&run) >= FEWEST_SAVED && saved(&run) > saved(&best)
        {
            best = run;
        }
    }
    best
}
