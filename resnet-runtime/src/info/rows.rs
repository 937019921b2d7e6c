//! Tables of parameters and layers as emitted code states them: repeated
//! blocks once, with the numbers that count them in their names.
//!
//! A network of a thousand layers says as little about itself as one of
//! twenty; the compiler of Rust writes the tables out.

use super::{LayerInfo, ParameterInfo};

/// One row of a block of a table.
#[derive(Clone, Copy, Debug)]
pub struct Row<T> {
    /// `layer2.{1}.conv1.weight`: between the braces the number that the first
    /// block has there, and each further block has one more. A name without
    /// braces stands for itself.
    name: &'static str,
    /// From block to block.
    step: usize,
    info: T,
}

/// Rows that repeat, block after block.
#[derive(Clone, Copy, Debug)]
pub struct Rows<T: 'static> {
    blocks: usize,
    rows: &'static [Row<T>],
}

impl ParameterInfo {
    /// The row of a table whose blocks' offsets are `step` apart.
    pub const fn row(self, step: usize) -> Row<Self> {
        Row {
            name: self.name,
            step,
            info: self,
        }
    }
}

impl LayerInfo {
    /// The row of a table.
    pub const fn row(self) -> Row<Self> {
        Row {
            name: self.name,
            step: 0,
            info: self,
        }
    }
}

impl<T: Copy> Rows<T> {
    /// As many blocks of these rows.
    pub const fn new(blocks: usize, rows: &'static [Row<T>]) -> Self {
        Self { blocks, rows }
    }

    /// Rows of a whole table.
    pub const fn len(table: &[Self]) -> usize {
        let (mut len, mut i) = (0, 0);
        while i < table.len() {
            len += table[i].blocks * table[i].rows.len();
            i += 1;
        }
        len
    }

    /// Bytes of all names with numbers in a table.
    pub const fn names_len(table: &[Self]) -> usize {
        let (mut len, mut at) = (0, Position::START);
        while let Some((row, block)) = at.row(table) {
            len += Name::of(row.name, block).len();
            at = at.next(table);
        }
        len
    }

    /// All names with numbers in a table, one after the other.
    pub const fn names<const LEN: usize>(table: &[Self]) -> [u8; LEN] {
        let mut names = [0; LEN];
        let (mut end, mut at) = (0, Position::START);
        while let Some((row, block)) = at.row(table) {
            end = Name::of(row.name, block).write(&mut names, end);
            at = at.next(table);
        }
        names
    }
}

impl Rows<ParameterInfo> {
    /// The table written out, its names cut from [`names`](Self::names).
    pub const fn parameters<const LEN: usize>(
        table: &[Self],
        names: &'static [u8],
    ) -> [ParameterInfo; LEN] {
        let mut names = as_str(names);
        let mut infos = [table[0].rows[0].info; LEN];
        let (mut i, mut at) = (0, Position::START);
        while let Some((row, block)) = at.row(table) {
            let (name, rest) = Name::of(row.name, block).cut(names);
            names = rest;
            let offset = row.info.offset + block * row.step;
            infos[i] = ParameterInfo {
                name,
                offset,
                ..row.info
            };
            i += 1;
            at = at.next(table);
        }
        infos
    }
}

impl Rows<LayerInfo> {
    /// The table written out, its names cut from [`names`](Self::names).
    pub const fn layers<const LEN: usize>(
        table: &[Self],
        names: &'static [u8],
    ) -> [LayerInfo; LEN] {
        let mut names = as_str(names);
        let mut infos = [table[0].rows[0].info; LEN];
        let (mut i, mut at) = (0, Position::START);
        while let Some((row, block)) = at.row(table) {
            let (name, rest) = Name::of(row.name, block).cut(names);
            names = rest;
            infos[i] = LayerInfo { name, ..row.info };
            i += 1;
            at = at.next(table);
        }
        infos
    }
}

/// A place in a table.
#[derive(Clone, Copy)]
struct Position {
    rows: usize,
    block: usize,
    row: usize,
}

impl Position {
    const START: Self = Self {
        rows: 0,
        block: 0,
        row: 0,
    };

    /// The row there and its block's number, unless the table has ended.
    const fn row<T>(self, table: &[Rows<T>]) -> Option<(&'static Row<T>, usize)> {
        if self.rows == table.len() {
            return None;
        }
        Some((&table[self.rows].rows[self.row], self.block))
    }

    const fn next<T>(self, table: &[Rows<T>]) -> Self {
        let Self { rows, block, row } = self;
        if row + 1 < table[rows].rows.len() {
            return Self {
                row: row + 1,
                ..self
            };
        }
        if block + 1 < table[rows].blocks {
            return Self {
                block: block + 1,
                row: 0,
                ..self
            };
        }
        Self {
            rows: rows + 1,
            ..Self::START
        }
    }
}

/// A name of a block.
#[derive(Clone, Copy)]
enum Name {
    Plain(&'static str),
    Numbered {
        before: &'static str,
        number: usize,
        after: &'static str,
    },
}

impl Name {
    /// The name that a pattern gives in the block with this number.
    const fn of(pattern: &'static str, block: usize) -> Self {
        let bytes = pattern.as_bytes();
        let mut start = 0;
        while start < bytes.len() && bytes[start] != b'{' {
            start += 1;
        }
        if start == bytes.len() {
            return Self::Plain(pattern);
        }
        let (mut end, mut first) = (start + 1, 0);
        while bytes[end] != b'}' {
            first = 10 * first + (bytes[end] - b'0') as usize;
            end += 1;
        }
        Self::Numbered {
            before: pattern.split_at(start).0,
            number: first + block,
            after: pattern.split_at(end + 1).1,
        }
    }

    /// Bytes that it takes where names are written.
    const fn len(self) -> usize {
        match self {
            Self::Plain(_) => 0,
            Self::Numbered {
                before,
                number,
                after,
            } => before.len() + digits(number) + after.len(),
        }
    }

    /// Writes it at `start` and gives its end.
    const fn write(self, bytes: &mut [u8], start: usize) -> usize {
        let Self::Numbered {
            before,
            mut number,
            after,
        } = self
        else {
            return start;
        };
        let from = start + before.len();
        let mut to = from + digits(number);
        copy(before, bytes, start);
        copy(after, bytes, to);
        let end = to + after.len();
        while to > from {
            to -= 1;
            bytes[to] = b'0' + (number % 10) as u8;
            number /= 10;
        }
        end
    }

    /// It, from where names were written, and the names after it.
    const fn cut(self, names: &'static str) -> (&'static str, &'static str) {
        match self {
            Self::Plain(name) => (name, names),
            Self::Numbered { .. } => names.split_at(self.len()),
        }
    }
}

const fn copy(text: &str, bytes: &mut [u8], start: usize) {
    let (_, rest) = bytes.split_at_mut(start);
    let (place, _) = rest.split_at_mut(text.len());
    place.copy_from_slice(text.as_bytes());
}

const fn as_str(names: &[u8]) -> &str {
    match core::str::from_utf8(names) {
        Ok(names) => names,
        Err(_) => panic!("names are cut from strings and digits"),
    }
}

const fn digits(number: usize) -> usize {
    match number.checked_ilog10() {
        Some(log) => log as usize + 1,
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    const fn parameter(name: &'static str, offset: usize) -> ParameterInfo {
        ParameterInfo::new(name, &[16], Role::NormWeight, offset)
    }

    const TABLE: &[Rows<ParameterInfo>] = &[
        Rows::new(1, &[parameter("bn1.weight", 7).row(0)]),
        Rows::new(
            3,
            &[
                parameter("layer1.{8}.bn1.weight", 100).row(32),
                parameter("layer1.{9}.bn1.é", 116).row(32),
            ],
        ),
        Rows::new(1, &[parameter("fc", 1).row(0)]),
    ];
    static NAMES: [u8; Rows::names_len(TABLE)] = Rows::names(TABLE);
    static PARAMETERS: [ParameterInfo; Rows::len(TABLE)] = Rows::parameters(TABLE, &NAMES);

    #[test]
    fn blocks_count_on() {
        let rows = PARAMETERS.map(|parameter| (parameter.name, parameter.offset));
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
    }
}
