//! The space beside a column of boxes: whatever spans rows goes as close to
//! the column as what is already there lets it, short spans first.

use std::ops::Range;

/// How far the rows beside a column are taken, in half rows: a skip that ends
/// at a box and one that starts there don't meet.
pub(super) struct Skyline {
    extent: Vec<f64>,
}

/// Something beside a column.
pub(super) struct Item<T> {
    /// What.
    pub(super) what: T,
    /// The row it comes from and the row it goes to.
    pub(super) rows: (usize, usize),
    /// Its width.
    pub(super) width: f64,
}

impl Skyline {
    /// Beside a column of which `start` is the edge.
    pub(super) fn new(rows: usize, start: f64) -> Self {
        Self {
            extent: vec![start; 2 * rows + 1],
        }
    }

    /// Half rows strictly between two rows.
    fn span((a, b): (usize, usize)) -> Range<usize> {
        let (low, high) = (a.min(b), a.max(b));
        match low == high {
            true => 2 * low..2 * low + 1,
            false => 2 * low + 1..2 * high,
        }
    }

    /// Places all items, `gap` apart; tells each with the distance of its middle.
    pub(super) fn place<T>(&mut self, mut items: Vec<Item<T>>, gap: f64) -> Vec<(T, f64)> {
        items.sort_by_key(|item| (item.rows.0.abs_diff(item.rows.1), item.rows));
        let place = |item: Item<T>| {
            let taken = &mut self.extent[Self::span(item.rows)];
            let start = taken.iter().copied().fold(0.0, f64::max) + gap;
            taken.fill(start + item.width);
            (item.what, start + item.width / 2.0)
        };
        items.into_iter().map(place).collect()
    }

    /// How far the rows from `first` to `last` are taken, and what passes into them.
    pub(super) fn extent(&self, first: usize, last: usize) -> f64 {
        let rows = &self.extent[(2 * first).saturating_sub(1)..=2 * last];
        rows.iter().copied().fold(0.0, f64::max)
    }
}
