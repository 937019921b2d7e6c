//! The ways of arrows between laid-out boxes.

use super::layout::{Layout, Rect};
use crate::diagram::Link;
use crate::graph::EdgeKind;

/// Radius of a bend.
const BEND: f64 = 12.0;
/// Where, in a box's height, arrows leave and enter it at its side.
const OUT: f64 = 0.76;
const IN: f64 = 0.24;

/// The way of a link, as the data of an SVG path.
pub(super) fn route(layout: &Layout, link: &Link) -> String {
    let (from, to) = (layout.boxes[link.from], layout.boxes[link.to]);
    if link.kind == EdgeKind::Saved {
        return across(from, to);
    }
    if let Some(&lane) = layout.lanes.get(link) {
        let down = to.y > from.y;
        let (start, end) = (side(from, lane, down, OUT), side(to, lane, down, IN));
        return bent(start, &[(lane, start.1), (lane, end.1)], end);
    }
    let (from_row, to_row) = (layout.ranks.row[link.from], layout.ranks.row[link.to]);
    if from_row == to_row {
        return level(from, to);
    }
    let down = to_row > from_row;
    let (leaves, enters) = match down {
        true => (from.bottom(), to.y),
        false => (from.y, to.bottom()),
    };
    if (from.middle() - to.middle()).abs() < 1.0 {
        return format!("M{:.1} {leaves:.1}V{enters:.1}", from.middle());
    }
    // Boxes of the main columns are the widest anchors: arrows leave them at
    // the side when the other end stands beside them.
    if from_row.abs_diff(to_row) == 1 && overlaps(from, to) {
        return slanted((from.middle(), leaves), (to.middle(), enters));
    }
    match is_beside(layout, link.to, link.from) {
        true => {
            let start = side(from, to.middle(), down, OUT);
            bent(start, &[(to.middle(), start.1)], (to.middle(), enters))
        }
        false if is_beside(layout, link.from, link.to) => {
            let end = side(to, from.middle(), down, IN);
            bent((from.middle(), leaves), &[(from.middle(), end.1)], end)
        }
        false => slanted((from.middle(), leaves), (to.middle(), enters)),
    }
}

/// Whether a box stands further out than another one.
fn is_beside(layout: &Layout, outer: usize, inner: usize) -> bool {
    let on_spine = &layout.ranks.on_spine;
    match (on_spine[outer], on_spine[inner]) {
        (false, true) => true,
        (true, _) => false,
        _ => layout.boxes[outer].x > layout.boxes[inner].right(),
    }
}

fn overlaps(a: Rect, b: Rect) -> bool {
    a.x < b.right() && b.x < a.right()
}

/// The point of a box's side that faces `x`; `share` of its height in the
/// direction of the arrow.
fn side(rect: Rect, x: f64, down: bool, share: f64) -> (f64, f64) {
    let share = if down { share } else { 1.0 - share };
    let y = rect.y + rect.height * share;
    match x > rect.middle() {
        true => (rect.right(), y),
        false => (rect.x, y),
    }
}

/// A forward value to the gradient that reads it.
fn across(from: Rect, to: Rect) -> String {
    let (x, y) = (from.right(), from.y + from.height * 0.5);
    let (end, end_y) = (to.x, to.y + to.height * 0.5);
    let reach = ((end - x) / 2.0).clamp(20.0, 120.0);
    format!(
        "M{x:.1} {y:.1}C{:.1} {y:.1} {:.1} {end_y:.1} {end:.1} {end_y:.1}",
        x + reach,
        end - reach
    )
}

fn level(from: Rect, to: Rect) -> String {
    let y = from.y + from.height * 0.5;
    match from.x < to.x {
        true => format!("M{:.1} {y:.1}H{:.1}", from.right(), to.x),
        false => format!("M{:.1} {y:.1}H{:.1}", from.x, to.right()),
    }
}

fn slanted((x, y): (f64, f64), (end, end_y): (f64, f64)) -> String {
    let half = (y + end_y) / 2.0;
    format!("M{x:.1} {y:.1}C{x:.1} {half:.1} {end:.1} {half:.1} {end:.1} {end_y:.1}")
}

/// Straight stretches through the corners, which are rounded.
fn bent(start: (f64, f64), corners: &[(f64, f64)], end: (f64, f64)) -> String {
    let mut path = format!("M{:.1} {:.1}", start.0, start.1);
    let mut at = start;
    for (i, &corner) in corners.iter().enumerate() {
        let next = corners.get(i + 1).copied().unwrap_or(end);
        let (before, after) = (towards(corner, at), towards(corner, next));
        path += &format!(
            "L{:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}",
            before.0, before.1, corner.0, corner.1, after.0, after.1
        );
        at = after;
    }
    path + &format!("L{:.1} {:.1}", end.0, end.1)
}

/// The point a bend's radius away from `corner` on the way to `other`.
fn towards(corner: (f64, f64), other: (f64, f64)) -> (f64, f64) {
    let (dx, dy) = (other.0 - corner.0, other.1 - corner.1);
    let length = dx.hypot(dy).max(1e-9);
    let share = BEND.min(length / 2.0) / length;
    (corner.0 + dx * share, corner.1 + dy * share)
}
