//! Coordinates for a residual network: the main path straight down, what leaves
//! it beside it. Gradients stand in a second column beside what they
//! differentiate, and run upwards.

use std::collections::BTreeMap;

use super::ranks::{Ranks, ranks};
use super::skyline::{Item, Skyline};
use crate::diagram::{Diagram, Link};
use crate::graph::{EdgeKind, Phase};

/// Space between rows, where arrows are.
const ROW_GAP: f64 = 26.0;
/// Space beside boxes and curves.
const GAP: f64 = 22.0;
/// Between the forward and the backward column, where saved values cross.
const SAVED_GAP: f64 = 110.0;
/// Around a frame's boxes; its title stands in the upper margin.
const FRAME_TOP: f64 = 26.0;
const FRAME_PAD: f64 = 12.0;

/// A rectangle.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Rect {
    pub(super) fn right(&self) -> f64 {
        self.x + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.y + self.height
    }

    pub(super) fn middle(&self) -> f64 {
        self.x + self.width / 2.0
    }
}

/// Where everything is.
pub(super) struct Layout {
    pub(super) ranks: Ranks,
    pub(super) boxes: Vec<Rect>,
    pub(super) frames: Vec<Rect>,
    /// Where links that pass boxes of their own column run.
    pub(super) lanes: BTreeMap<Link, f64>,
    /// The whole picture.
    pub(super) bounds: Rect,
}

/// Lays out boxes of the given widths and one height.
pub(super) fn layout(diagram: &Diagram, widths: &[f64], height: f64) -> Layout {
    let ranks = ranks(diagram);
    let has_backward = diagram.boxes.iter().any(|b| b.phase == Phase::Backward);
    let tops = tops(diagram, &ranks, height);
    let mut layout = Layout {
        boxes: (widths.iter().zip(&ranks.row))
            .map(|(&width, &row)| Rect {
                x: 0.0,
                y: tops[row],
                width,
                height,
            })
            .collect(),
        frames: Vec::new(),
        lanes: BTreeMap::new(),
        bounds: Rect::default(),
        ranks,
    };
    // Beside a backward column, the forward one keeps its skips to the left.
    let side = if has_backward { -1.0 } else { 1.0 };
    let forward = layout.forward(diagram, side);
    let backward = has_backward.then(|| layout.backward(diagram));
    layout.frames(diagram, forward, backward, side);
    layout
}

/// A laid-out column: its middle and what is beside it.
struct Column {
    middle: f64,
    skyline: Skyline,
}

/// The top of every row; frames need space around them.
fn tops(diagram: &Diagram, ranks: &Ranks, height: f64) -> Vec<f64> {
    let mut above = vec![0.0; ranks.rows + 1];
    for frame in &diagram.frames {
        let rows = || frame.boxes.iter().map(|&b| ranks.row[b]);
        if let (Some(first), Some(last)) = (rows().min(), rows().max()) {
            above[first] += FRAME_TOP;
            above[last + 1] += FRAME_PAD;
        }
    }
    let mut y = 0.0;
    let tops = above.iter().map(|extra| {
        let top = y + extra;
        y = top + height + ROW_GAP;
        top
    });
    tops.collect()
}

impl Layout {
    /// The widest of some boxes.
    fn widest(&self, boxes: impl Iterator<Item = usize>) -> f64 {
        boxes.map(|b| self.boxes[b].width).fold(0.0, f64::max)
    }

    fn centre(&mut self, index: usize, middle: f64) {
        let rect = &mut self.boxes[index];
        rect.x = middle - rect.width / 2.0;
    }

    /// The main path around 0, the rest on `side` of it.
    fn forward(&mut self, diagram: &Diagram, side: f64) -> Column {
        let spine: Vec<_> = (0..self.boxes.len())
            .filter(|&b| self.ranks.on_spine[b])
            .collect();
        let width = self.widest(spine.iter().copied());
        for &b in &spine {
            // Boxes of one column are equally wide.
            self.boxes[b].width = width;
            self.centre(b, 0.0);
        }
        let mut items = self.long_links(diagram, |b| self.ranks.on_spine[b]);
        for chain in &self.ranks.chains {
            items.push(Item {
                what: Beside::Chain(chain.clone()),
                rows: self.reach(diagram, chain),
                width: self.widest(chain.iter().copied()),
            });
        }
        let mut skyline = Skyline::new(self.ranks.rows, width / 2.0);
        for (what, distance) in skyline.place(items, GAP) {
            match what {
                Beside::Link(link) => {
                    self.lanes.insert(link, side * distance);
                }
                Beside::Chain(chain) => {
                    for b in chain {
                        self.centre(b, side * distance);
                    }
                }
            }
        }
        Column {
            middle: 0.0,
            skyline,
        }
    }

    /// Gradients: those of weights next to the forward column, then the way
    /// back, then what the skips and their layers need.
    fn backward(&mut self, diagram: &Diagram) -> Column {
        let mut goes_on = vec![false; self.boxes.len()];
        for link in &diagram.links {
            goes_on[link.from] = true;
        }
        // By row: the gradient that leads on, the ones that end there.
        let mut way = Vec::new();
        let mut weights = Vec::new();
        let mut beside: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (b, shown) in diagram.boxes.iter().enumerate() {
            if shown.phase != Phase::Backward {
                continue;
            }
            let row = self.ranks.row[b];
            let taken = |column: &[usize]| column.iter().any(|&b| self.ranks.row[b] == row);
            let on_spine = shown.forward.is_none_or(|f| self.ranks.on_spine[f]);
            if on_spine && goes_on[b] && !taken(&way) {
                way.push(b);
            } else if on_spine && !goes_on[b] && !taken(&weights) {
                weights.push(b);
            } else {
                let forward = shown.forward.unwrap_or(b);
                let chain = self
                    .ranks
                    .chains
                    .iter()
                    .find(|chain| chain.contains(&forward));
                let first = chain.map_or(forward, |chain| chain[0]);
                beside.entry(first).or_default().push(b);
            }
        }
        let mut middle =
            self.widest((0..self.boxes.len()).filter(|&b| self.ranks.on_spine[b])) / 2.0;
        middle += SAVED_GAP;
        for (column, gap) in [(&weights, GAP), (&way, 0.0)] {
            let width = self.widest(column.iter().copied());
            for &b in column {
                self.boxes[b].width = width;
                self.centre(b, middle + width / 2.0);
            }
            middle += width + gap;
        }
        let width = self.widest(way.iter().copied());
        middle -= width / 2.0;

        let mut items = self.long_links(diagram, |b| way.contains(&b));
        for mut group in beside.into_values() {
            group.sort_by_key(|&b| (self.ranks.row[b], !goes_on[b]));
            self.widen_leading(&group);
            items.push(Item {
                rows: self.reach(diagram, &group),
                width: self.row_widths(&group),
                what: Beside::Chain(group),
            });
        }
        let mut skyline = Skyline::new(self.ranks.rows, width / 2.0);
        for (what, distance) in skyline.place(items, GAP) {
            match what {
                Beside::Link(link) => {
                    self.lanes.insert(link, middle + distance);
                }
                Beside::Chain(group) => self.rows_side_by_side(&group, middle + distance),
            }
        }
        Column { middle, skyline }
    }

    /// Links within a column that pass other boxes of it.
    fn long_links(
        &self,
        diagram: &Diagram,
        in_column: impl Fn(usize) -> bool,
    ) -> Vec<Item<Beside>> {
        let mut occupied = vec![false; self.ranks.rows];
        for b in (0..self.boxes.len()).filter(|&b| in_column(b)) {
            occupied[self.ranks.row[b]] = true;
        }
        let passes = |link: &&Link| {
            let rows = [link.from, link.to].map(|b| self.ranks.row[b]);
            let between = rows[0].min(rows[1]) + 1..rows[0].max(rows[1]);
            link.kind != EdgeKind::Saved
                && in_column(link.from)
                && in_column(link.to)
                && between.into_iter().any(|row| occupied[row])
        };
        let items = diagram.links.iter().filter(passes).map(|&link| Item {
            what: Beside::Link(link),
            rows: (self.ranks.row[link.from], self.ranks.row[link.to]),
            width: 0.0,
        });
        items.collect()
    }

    /// The rows from which and to which links of some boxes go.
    fn reach(&self, diagram: &Diagram, boxes: &[usize]) -> (usize, usize) {
        let of_them = |link: &&Link| {
            let ends = [link.from, link.to];
            link.kind != EdgeKind::Saved && ends.iter().any(|end| boxes.contains(end))
        };
        let links = diagram.links.iter().filter(of_them);
        let ends = links.flat_map(|link| [link.from, link.to]);
        let rows = || boxes.iter().copied().map(|b| self.ranks.row[b]);
        let ends: Vec<_> = ends.map(|b| self.ranks.row[b]).chain(rows()).collect();
        let first = ends.iter().min().copied().unwrap_or(0);
        (first, ends.iter().max().copied().unwrap_or(first))
    }

    /// The widest row of a group.
    fn row_widths(&self, group: &[usize]) -> f64 {
        let mut rows: BTreeMap<usize, f64> = BTreeMap::new();
        for &b in group {
            let row = rows.entry(self.ranks.row[b]).or_insert(-GAP);
            *row += self.boxes[b].width + GAP;
        }
        rows.into_values().fold(0.0, f64::max)
    }

    /// What leads on stands above one another, equally wide.
    fn widen_leading(&mut self, group: &[usize]) {
        let leading: Vec<_> = (0..group.len())
            .filter(|&i| self.leads(group, i))
            .map(|i| group[i])
            .collect();
        let width = self.widest(leading.iter().copied());
        for b in leading {
            self.boxes[b].width = width;
        }
    }

    /// Whether a box is the first of its row in a group.
    fn leads(&self, group: &[usize], i: usize) -> bool {
        let row = self.ranks.row[group[i]];
        group[..i].iter().all(|&other| self.ranks.row[other] != row)
    }

    fn rows_side_by_side(&mut self, group: &[usize], middle: f64) {
        let left = middle - self.row_widths(group) / 2.0;
        let mut x = left;
        for (i, &b) in group.iter().enumerate() {
            if self.leads(group, i) {
                x = left;
            }
            self.boxes[b].x = x;
            x += self.boxes[b].width + GAP;
        }
    }

    /// Frames around their rows, and the picture around everything.
    fn frames(&mut self, diagram: &Diagram, forward: Column, backward: Option<Column>, side: f64) {
        let spine = self.widest((0..self.boxes.len()).filter(|&b| self.ranks.on_spine[b])) / 2.0;
        let ends = |first: usize, last: usize| {
            let beside = forward.skyline.extent(first, last);
            let right = match &backward {
                Some(column) => column.middle + column.skyline.extent(first, last),
                None => beside,
            };
            match side < 0.0 {
                true => (-beside, right),
                false => (-spine, right),
            }
        };
        for frame in &diagram.frames {
            let rows = || frame.boxes.iter().map(|&b| self.ranks.row[b]);
            let (first, last) = (rows().min().unwrap_or(0), rows().max().unwrap_or(0));
            let (left, right) = ends(first, last);
            let of_row = |row| (0..self.boxes.len()).find(|&b| self.ranks.row[b] == row);
            let [top, bottom] =
                [first, last].map(|row| of_row(row).map_or(0.0, |b| self.boxes[b].y));
            let height = self.boxes.first().map_or(0.0, |b| b.height);
            let y = top - FRAME_TOP + 4.0;
            self.frames.push(Rect {
                x: left - FRAME_PAD,
                y,
                width: right - left + 2.0 * FRAME_PAD,
                height: bottom + height + FRAME_PAD - y,
            });
        }
        let (left, right) = ends(0, self.ranks.rows.saturating_sub(1));
        let bottom = self.boxes.iter().map(Rect::bottom).fold(0.0, f64::max);
        self.bounds = Rect {
            x: left - FRAME_PAD,
            y: 0.0,
            width: right - left + 2.0 * FRAME_PAD,
            height: bottom,
        };
    }
}

/// What stands beside a column.
enum Beside {
    Link(Link),
    Chain(Vec<usize>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse;
    use crate::source::Source;

    /// No two boxes overlap, and nothing leaves the picture.
    #[test]
    fn boxes_have_places_of_their_own() {
        for name in ["digits", "resnet18", "resnet50", "cifar_resnet56"] {
            let path = format!("{}/../../specs/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
            let network = analyse(&Source::read(path.as_ref(), name).unwrap()).unwrap();
            for graph in [&network.inference.graph, &network.training.graph] {
                let diagram = Diagram::new(graph, false);
                let widths: Vec<_> = (0..diagram.boxes.len())
                    .map(|b| 100.0 + (b * 37 % 90) as f64)
                    .collect();
                let layout = layout(&diagram, &widths, 40.0);
                for (i, a) in layout.boxes.iter().enumerate() {
                    assert!(a.x >= layout.bounds.x && a.right() <= layout.bounds.right());
                    assert!(a.bottom() <= layout.bounds.bottom());
                    for (j, b) in layout.boxes.iter().enumerate().skip(i + 1) {
                        let apart = a.right() <= b.x
                            || b.right() <= a.x
                            || a.bottom() <= b.y
                            || b.bottom() <= a.y;
                        let names = [&diagram.boxes[i].name, &diagram.boxes[j].name];
                        assert!(apart, "{name}: {names:?}");
                    }
                }
            }
        }
    }
}
