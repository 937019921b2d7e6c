//! Tables of parameters and layers. Emitted code states repeated blocks once,
//! with the numbers that count them in their names; who first looks at such a
//! table writes it out.
//!
//! So a network of a thousand layers costs the compiler of Rust no more than
//! one of twenty: evaluated as constants, the thousand took it seconds.

use core::fmt;
use core::ops::Deref;
use core::sync::atomic::{AtomicPtr, Ordering};
use core::{iter, ptr, slice};

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use super::{LayerInfo, ParameterInfo};

/// A table of parameters or layers, to be read as a slice.
#[derive(Clone, Copy)]
pub struct Table<T: 'static>(Kind<T>);

#[derive(Clone, Copy)]
enum Kind<T: 'static> {
    Whole(&'static [T]),
    Repeated(&'static Repeated<T>),
}

/// A table whose blocks repeat.
pub struct Repeated<T: 'static> {
    groups: &'static [Rows<T>],
    /// The rows, once they are written; a list that lives as long as the
    /// program.
    written: AtomicPtr<Vec<T>>,
}

/// Rows that repeat, block after block.
pub struct Rows<T: 'static> {
    blocks: usize,
    rows: &'static [T],
    steps: &'static [usize],
}

/// What stands in a table.
pub trait Row: Copy {
    /// The same row of the block with this number; the first block has number 0.
    ///
    /// Its name is a pattern: in `layer2.{1}.conv1.weight` the braces hold the
    /// number that the first block has there, and each further block has one
    /// more. A name without braces stands for itself. Its offset, if it has
    /// one, grows by `step` from block to block.
    fn of_block(self, block: usize, step: usize) -> Self;
}

impl<T: Row> Table<T> {
    /// These rows.
    pub const fn new(rows: &'static [T]) -> Self {
        Self(Kind::Whole(rows))
    }

    /// Rows that repeat.
    pub const fn repeated(rows: &'static Repeated<T>) -> Self {
        Self(Kind::Repeated(rows))
    }

    fn rows(self) -> &'static [T] {
        match self.0 {
            Kind::Whole(rows) => rows,
            Kind::Repeated(rows) => rows.written(),
        }
    }
}

impl<T: Row> Deref for Table<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.rows()
    }
}

impl<T: Row> IntoIterator for Table<T> {
    type Item = &'static T;
    type IntoIter = slice::Iter<'static, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows().iter()
    }
}

impl<T: Row + fmt::Debug> fmt::Debug for Table<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rows().fmt(f)
    }
}

impl<T: Row> Repeated<T> {
    /// These groups of rows, one after the other.
    pub const fn new(groups: &'static [Rows<T>]) -> Self {
        Self {
            groups,
            written: AtomicPtr::new(ptr::null_mut()),
        }
    }

    fn written(&'static self) -> &'static [T] {
        let mut written = self.written.load(Ordering::Acquire);
        if written.is_null() {
            let rows: Vec<T> = self.groups.iter().flat_map(Rows::written).collect();
            let ours = Box::into_raw(Box::new(rows));
            let (done, null) = (Ordering::AcqRel, ptr::null_mut());
            let first = self
                .written
                .compare_exchange(null, ours, done, Ordering::Acquire);
            written = match first {
                Ok(_) => ours,
                Err(theirs) => {
                    // SAFETY: it came from a box, and nobody else has seen it.
                    drop(unsafe { Box::from_raw(ours) });
                    theirs
                }
            };
        }
        // SAFETY: it is not null, so a box that was shared here, with all that
        // was written before, and that is neither changed nor freed.
        unsafe { &*written }
    }
}

impl<T: Row> Rows<T> {
    /// As many blocks of these rows.
    pub const fn new(blocks: usize, rows: &'static [T]) -> Self {
        Self {
            blocks,
            rows,
            steps: &[],
        }
    }

    /// The same rows, whose offsets grow by these steps from block to block.
    pub const fn steps(self, steps: &'static [usize]) -> Self {
        Self { steps, ..self }
    }

    fn written(&self) -> impl Iterator<Item = T> {
        let steps = self.steps.iter().copied().chain(iter::repeat(0));
        let rows = self.rows.iter().zip(steps);
        let blocks = 0..self.blocks;
        blocks.flat_map(move |block| {
            rows.clone()
                .map(move |(row, step)| row.of_block(block, step))
        })
    }
}

impl Row for ParameterInfo {
    fn of_block(self, block: usize, step: usize) -> Self {
        Self {
            name: name(self.name, block),
            offset: self.offset + block * step,
            ..self
        }
    }
}

impl Row for LayerInfo {
    fn of_block(self, block: usize, _: usize) -> Self {
        Self {
            name: name(self.name, block),
            ..self
        }
    }
}

/// The name that a pattern gives in the block with this number. It lives as
/// long as the program, as the table does that it is written for, once.
fn name(pattern: &'static str, block: usize) -> &'static str {
    let parts = pattern.split_once('{').and_then(|(before, rest)| {
        let (first, after) = rest.split_once('}')?;
        let first: usize = first.parse().ok()?;
        Some((before, first, after))
    });
    match parts {
        Some((before, first, after)) => format!("{before}{}{after}", first + block).leak(),
        None => pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    const fn parameter(name: &'static str, offset: usize) -> ParameterInfo {
        ParameterInfo::new(name, &[16], Role::NormWeight, offset)
    }

    static REPEATED: Repeated<ParameterInfo> = Repeated::new(&[
        Rows::new(1, &[parameter("bn1.weight", 7)]),
        Rows::new(
            3,
            &[
                parameter("layer1.{8}.bn1.weight", 100),
                parameter("layer1.{9}.bn1.é", 116),
            ],
        )
        .steps(&[32, 32]),
        Rows::new(1, &[parameter("fc", 1)]),
    ]);

    #[test]
    fn blocks_count_on() {
        let table = Table::repeated(&REPEATED);
        let rows: Vec<_> = table.iter().map(|row| (row.name, row.offset)).collect();
        let expected = [
            ("bn1.weight", 7),
            ("layer1.8.bn1.weight", 100),
            ("layer1.9.bn1.é", 116),
            ("layer1.9.bn1.weight", 132),
            ("layer1.10.bn1.é", 148),
            ("layer1.10.bn1.weight", 164),
            ("layer1.11.bn1.é", 180),
            ("fc", 1),
        ];
        assert_eq!(rows, expected);
        // It is written once.
        let again = Table::repeated(&REPEATED);
        assert!(ptr::eq(&table[..], &again[..]));
    }

    #[test]
    fn a_whole_table_is_as_it_was_given() {
        let table = Table::new(const { &[parameter("a.{x", 3), parameter("b", 4)] });
        let names: Vec<_> = table.into_iter().map(|row| row.name).collect();
        assert_eq!(names, ["a.{x", "b"]);
    }
}
