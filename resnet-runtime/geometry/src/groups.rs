//! How the channels of a grouped convolution meet in panels of weights.

use crate::CHANNEL_BLOCK;

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
/// Where each channel leads to itself alone ([`is_depthwise`](Self::is_depthwise))
/// a run is that one channel.
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
        self.count > 1 && self.from == 1 && self.to == 1
    }

    /// Channels read that panels hold weights of, for every channel written.
    pub const fn run(&self) -> usize {
        if self.count == 1 || self.is_depthwise() {
            return self.from;
        }
        let channels = self.count * self.to;
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

    /// The first channel read by the block that `channel` belongs to. In a
    /// depthwise convolution it is the channel itself.
    pub const fn start(&self, channel: usize) -> usize {
        if self.count == 1 {
            return 0;
        }
        if self.is_depthwise() {
            return channel;
        }
        let first = self.touched(channel).0 * self.from;
        // The last blocks may touch fewer groups than others: their runs end
        // with the channels.
        let last = self.count * self.from - self.run();
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
            let run = groups.run();
            assert!(run <= count * from);
            for channel in 0..count * to {
                let start = groups.start(channel);
                assert!(start + run <= count * from, "{groups:?}");
                let own = channel / to * from;
                assert!(
                    start <= own && own + from <= start + run,
                    "{groups:?} {channel}"
                );
            }
        }
    }

    #[test]
    fn runs_are_short() {
        let run = |count, from, to| Groups { count, from, to }.run();
        assert_eq!(run(1, 100, 7), 100);
        assert_eq!(run(32, 4, 4), 16);
        assert_eq!(run(32, 16, 16), 16);
        assert_eq!(run(32, 32, 32), 32);
        assert_eq!(run(64, 1, 1), 1);
        assert_eq!(run(8, 1, 2), 8);
    }
}
