//! Choices that are the same in every run.

#![allow(dead_code, reason = "not every test makes every kind of choice")]

/// A small deterministic generator (xorshift).
pub(crate) struct Random(u64);

impl Random {
    /// The generator of this number; each makes other choices.
    pub(crate) fn new(n: u64) -> Self {
        Self((n.wrapping_add(1) | 1 << 63).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A number below `limit`, or 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    /// One of the items, of which there must be some.
    pub(crate) fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// True in one case of `n`.
    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}
