//! The forward pass as text: one line a node, values as rails beside the
//! lines, as version control draws its history.
//!
//! ```text
//! ●   conv1             conv2d 3x3 + batch_norm + relu        16x8x8
//! ├─╮
//! ●─┤ layer1.0.conv1    conv2d 3x3 / 2 + batch_norm + relu    32x4x4
//! ```

use super::{Diagram, Frame};
use crate::graph::Phase;

/// Wider pictures than this show nothing.
const MOST_RAILS: usize = 100;

/// Draws the forward part of a diagram; without rails where there would be too many.
pub fn draw(diagram: &Diagram) -> String {
    let forward = diagram
        .boxes
        .iter()
        .filter(|b| b.phase == Phase::Forward)
        .count();
    let mut readers = vec![Vec::new(); forward];
    let mut inputs = vec![Vec::new(); forward];
    for link in diagram.links.iter().filter(|link| link.to < forward) {
        readers[link.from].push(link.to);
        inputs[link.to].push(link.from);
    }
    let mut lines: Vec<Line> = Vec::new();
    let mut lanes = Lanes::default();
    for index in 0..forward {
        if let Some(frame) = frame_at(diagram, index, true) {
            lines.push(Line::note(&lanes, &format!("┌ {}", frame.title())));
        }
        let dies = |from: usize| readers[from].iter().all(|&reader| reader <= index);
        let lane = lanes.enter(&inputs[index], dies, &mut lines);
        lanes.0[lane] = Some(index);
        lines.push(Line {
            rails: lanes.rails(|at| if at == lane { '●' } else { '│' }),
            node: Some(index),
            note: String::new(),
        });
        if readers[index].is_empty() {
            lanes.0[lane] = None;
        }
        if frame_at(diagram, index, false).is_some() {
            lines.push(Line::note(&lanes, "└"));
        }
        if lanes.0.len() > MOST_RAILS {
            return aligned(diagram, &bare(forward));
        }
    }
    aligned(diagram, &lines)
}

/// Lines of boxes alone.
fn bare(boxes: usize) -> Vec<Line> {
    let line = |node| Line {
        rails: "●".to_owned(),
        node: Some(node),
        note: String::new(),
    };
    (0..boxes).map(line).collect()
}

/// The frame that begins or ends at a box.
fn frame_at(diagram: &Diagram, index: usize, begins: bool) -> Option<&Frame> {
    let is_forward = |&&b: &&usize| diagram.boxes[b].phase == Phase::Forward;
    diagram.frames.iter().find(|frame| {
        let boxes = frame.boxes.iter().filter(is_forward);
        let end = if begins { boxes.min() } else { boxes.max() };
        end == Some(&index)
    })
}

struct Line {
    rails: String,
    node: Option<usize>,
    note: String,
}

impl Line {
    fn note(lanes: &Lanes, note: &str) -> Self {
        Self {
            rails: lanes.rails(|_| '│'),
            node: None,
            note: note.to_owned(),
        }
    }
}

/// The values that somebody still reads, from left to right.
#[derive(Default)]
struct Lanes(Vec<Option<usize>>);

impl Lanes {
    /// The lane for a node that reads `inputs`: that of the first input, which
    /// moves to another lane if it is read again later. Draws forks and merges.
    fn enter(
        &mut self,
        inputs: &[usize],
        dies: impl Fn(usize) -> bool,
        lines: &mut Vec<Line>,
    ) -> usize {
        let lane_of = |lanes: &Self, value| lanes.0.iter().position(|&lane| lane == Some(value));
        let mut own: Vec<_> = inputs
            .iter()
            .filter_map(|&value| Some((lane_of(self, value)?, value)))
            .collect();
        own.sort_unstable();
        let Some(&(lane, value)) = own.first() else {
            return self.free();
        };
        for &(other, value) in &own[1..] {
            let end = if dies(value) { '╯' } else { '┤' };
            lines.push(self.joint(lane, other, end));
            if dies(value) {
                self.0[other] = None;
            }
        }
        if !dies(value) {
            let kept = self.free();
            self.0[kept] = Some(value);
            lines.push(self.joint(lane, kept, '╮'));
        }
        lane
    }

    fn free(&mut self) -> usize {
        let free = self.0.iter().position(Option::is_none);
        free.unwrap_or_else(|| {
            self.0.push(None);
            self.0.len() - 1
        })
    }

    /// A line from lane to lane.
    fn joint(&self, from: usize, to: usize, end: char) -> Line {
        let mut rails = String::new();
        for (at, lane) in self.0.iter().enumerate() {
            let on_it = from < at && at < to;
            rails.push(match lane {
                _ if at == from => '├',
                _ if at == to => end,
                Some(_) if on_it => '┼',
                Some(_) => '│',
                None if on_it => '─',
                None => ' ',
            });
            rails.push(if from <= at && at < to { '─' } else { ' ' });
        }
        Line {
            rails: rails.trim_end().to_owned(),
            node: None,
            note: String::new(),
        }
    }

    fn rails(&self, mark: impl Fn(usize) -> char) -> String {
        let mut rails = String::new();
        for (at, lane) in self.0.iter().enumerate() {
            rails.push(lane.map_or(' ', |_| mark(at)));
            rails.push(' ');
        }
        rails.trim_end().to_owned()
    }
}

/// Names, operators and shapes in columns.
fn aligned(diagram: &Diagram, lines: &[Line]) -> String {
    let boxes = || lines.iter().filter_map(|line| line.node);
    let boxes = || boxes().map(|node| &diagram.boxes[node]);
    let rails = lines.iter().map(|line| line.rails.chars().count()).max();
    let names = boxes().map(|b| b.name.chars().count()).max();
    let parts = boxes().map(|b| b.parts.join(" + ").chars().count()).max();
    let [rails, names, parts] = [rails, names, parts].map(Option::unwrap_or_default);
    let mut text = String::new();
    for line in lines {
        let row = match line.node.map(|node| &diagram.boxes[node]) {
            Some(b) => format!(
                "{:rails$} {:names$}  {:parts$}  {}",
                line.rails,
                b.name,
                b.parts.join(" + "),
                b.shape
            ),
            None => format!("{:rails$} {}", line.rails, line.note),
        };
        text += row.trim_end();
        text.push('\n');
    }
    text
}
