//! How the channels of a grouped convolution meet in panels of weights.

use crate::CHANNEL_BLOCK;

/// Channels of a narrow group, at most: with more, a block of channels has few
/// groups or one.
pub const NARROW_GROUP: usize = CHANNEL_BLOCK / 2;

/// Groups of channels as one pass sees them: each leads `from` channels that
/// it reads to `to` channels that it writes.
///
/// Panels hold, for every block of [`CHANNEL_BLOCK`] channels written, one
/// *run* of neighbouring channels read: those of all groups that the block
/// touches, with zeros where the groups differ. A block of few channels a
/// group is then a small dense convolution whose weights are block-diagonal.
/// Runs have the same length everywhere, the longest that any block needs. In
/// such blocks infinities and NaN of one group reach the others, as zero times
/// infinity is NaN.
///
/// Where groups are narrow ([`is_narrow`](Self::is_narrow)), every channel
/// written has the run of its own group alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Groups {
    /// How many groups there are.
    pub count: usize,
    /// Channels read by each.
    pub from: usize,
    /// Channels written by each.
    pub to: usize,
}

impl Groups {
    /// Whether each channel leads to itself alone.
    pub const fn is_depthwise(&self) -> bool {
        self.is_narrow() && self.to == 1
    }

    /// Whether groups lead to themselves and vectors of channels hold whole
    /// ones, or these whole vectors: up to [`NARROW_GROUP`] channels, a power of
    /// two.
    pub const fn is_narrow(&self) -> bool {
        self.count > 1
            && self.from == self.to
            && self.to.is_power_of_two()
            && self.to <= NARROW_GROUP
    }

    /// Channels read that panels hold weights of, for every channel written.
    pub const fn run(&self) -> usize {
        if self.is_narrow() {
            return self.from;
        }
        self.block_run()
    }

    /// Channels read that the channels of any block see together, at most.
    pub const fn block_run(&self) -> usize {
        if self.count == 1 {
            return self.from;
        }
        // Blocks and groups that start together come in whole numbers.
        let even = self.to.is_multiple_of(CHANNEL_BLOCK) || CHANNEL_BLOCK.is_multiple_of(self.to);
        let channels = if even {
            CHANNEL_BLOCK
        } else {
            self.count * self.to
        };
        let (mut most, mut channel) = (0, 0);
        while channel < channels {
            let (first, end) = self.touched(channel);
            most = if end - first > most {
                end - first
            } else {
                most
            };
            channel += CHANNEL_BLOCK;
        }
        most * self.from
    }

    /// The first channel of the run that `channel` has.
    pub const fn start(&self, channel: usize) -> usize {
        if self.is_narrow() {
            return channel / self.to * self.from;
        }
        self.block_start(channel)
    }

    /// The first channel read by the block that `channel` belongs to.
    pub const fn block_start(&self, channel: usize) -> usize {
        if self.count == 1 {
            return 0;
        }
        let first = self.touched(channel).0 * self.from;
        // The last blocks may touch fewer groups than others: their runs end
        // with the channels.
        let last = self.count * self.from - self.block_run();
        if first < last { first } else { last }
    }

    /// The groups that the block of a channel touches: the first, and the one
    /// after the last.
    pub const fn touched(&self, channel: usize) -> (usize, usize) {
        let block = channel / CHANNEL_BLOCK * CHANNEL_BLOCK;
        let first = block / self.to;
        let end = (block + CHANNEL_BLOCK).div_ceil(self.to);
        if end < self.count {
            (first, end)
        } else {
            (first, self.count)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_hold_what_blocks_touch() {
        for (count, from, to) in (1..40)
            .flat_map(|count| (1..20).map(move |from| (count, from)))
            .flat_map(|(count, from)| (1..20).map(move |to| (count, from, to)))
        {
            let groups = Groups { count, from, to };
            let (run, block_run) = (groups.run(), groups.block_run());
            assert!(run <= block_run && block_run <= count * from);
            for channel in 0..count * to {
                let own = channel / to * from;
                for (start, run) in [
                    (groups.start(channel), run),
                    (groups.block_start(channel), block_run),
                ] {
                    assert!(start + run <= count * from, "{groups:?}");
                    assert!(
                        start <= own && own + from <= start + run,
                        "{groups:?} {channel}"
                    );
                }
            }
        }
    }

    #[test]
    fn runs_are_short() {
        let run = |count, from, to| Groups { count, from, to }.run();
        assert_eq!(run(1, 100, 7), 100);
        assert_eq!(run(32, 4, 4), 4);
        assert_eq!(run(32, 4, 8), 8);
        assert_eq!(run(32, 8, 4), 32);
        assert_eq!(run(32, 16, 16), 16);
        assert_eq!(run(32, 32, 32), 32);
        assert_eq!(run(64, 1, 1), 1);
        assert_eq!(run(8, 1, 2), 8);
    }
}
