//! The confusion matrix as SVG: which classes are taken for which.

use std::fmt::Write;

use resnet_figures::format::{grouped, percent};
use resnet_figures::svg::{STYLE, escape};

const OWN: &str = "
rect.right { fill: #0969da; }
rect.wrong { fill: #cf222e; }
rect.frame { fill: none; stroke: #8c959f; }
text.on { fill: #ffffff; }
text.small { font-size: 10px; }
@media (prefers-color-scheme: dark) {
  rect.right { fill: #58a6ff; }
  rect.wrong { fill: #ff7b72; }
  text.on { fill: #0d1117; }
}
";

/// The most letters of a name.
const LETTERS: usize = 20;

/// Room for the worst pairs, to the right.
const LIST: f64 = 300.0;

/// Pairs that are listed.
const WORST: usize = 15;

/// The most cells that are drawn, the largest ones.
const CELLS: usize = 20_000;

/// A cell that is not 0.
struct Cell {
    label: usize,
    answer: usize,
    count: u32,
    /// Of the images of its label.
    share: f64,
}

/// Draws `counts`, a row for each label, a column for each answer.
pub(crate) fn svg(title: &str, names: &[String], counts: &[u32]) -> String {
    let classes = names.len();
    // Room for numbers while there are few classes, and for every name up to a
    // hundred.
    let share = |length: f64| length / classes.max(1) as f64;
    let side = share(640.0).max(share(1100.0).min(11.0)).clamp(1.0, 48.0);
    let length = side * classes as f64;
    let longest = names.iter().map(|name| name.chars().count()).max();
    let margin = 16.0 + 7.0 * longest.unwrap_or(0).clamp(3, LETTERS) as f64;
    let page = Page {
        left: margin,
        // Below the title.
        top: 56.0 + margin,
        side,
    };
    let (left, top) = (page.left, page.top);
    let (width, height) = (left + length + LIST, top + length.max(280.0) + 24.0);
    let title = escape(title);
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" width="{width:.0}" height="{height:.0}" role="img">
<title>Confusion matrix of {title}</title>
<style>{STYLE}{OWN}</style>
<rect class="paper" width="{width:.0}" height="{height:.0}"/>
<text class="title" x="16" y="28">{title}</text>
<text x="16" y="48">a row for each label, a column for each answer</text>
"#
    );
    let cells = cells(classes, counts);
    for cell in &cells {
        page.draw(&mut svg, cell, names);
    }
    let _ = writeln!(
        svg,
        r#"<rect class="frame" x="{left}" y="{top}" width="{length:.1}" height="{length:.1}"/>"#
    );
    page.label(&mut svg, names);
    list(&mut svg, &cells, names, [left + length + 24.0, top]);
    svg.push_str("</svg>\n");
    svg
}

/// What isn't 0, the largest counts first.
fn cells(classes: usize, counts: &[u32]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (label, row) in counts.chunks_exact(classes.max(1)).enumerate() {
        let images: u32 = row.iter().sum();
        for (answer, &count) in row.iter().enumerate().filter(|(_, count)| **count > 0) {
            cells.push(Cell {
                label,
                answer,
                count,
                share: f64::from(count) / f64::from(images),
            });
        }
    }
    cells.sort_by_key(|cell| std::cmp::Reverse(cell.count));
    cells.truncate(CELLS);
    cells
}

/// Where the matrix is.
struct Page {
    left: f64,
    top: f64,
    /// Of a cell.
    side: f64,
}

impl Page {
    fn draw(&self, svg: &mut String, cell: &Cell, names: &[String]) {
        let Self { left, top, side } = *self;
        let (x, y) = (
            left + side * cell.answer as f64,
            top + side * cell.label as f64,
        );
        let right = cell.label == cell.answer;
        let kind = if right { "right" } else { "wrong" };
        // A few mistakes of many images should be seen too.
        let opacity = if right { cell.share } else { cell.share.sqrt() };
        let _ = writeln!(
            svg,
            r#"<rect class="{kind}" x="{x:.1}" y="{y:.1}" width="{side:.1}" height="{side:.1}" fill-opacity="{:.2}"><title>{}: {} ({})</title></rect>"#,
            opacity.max(0.05),
            pair(cell, names),
            grouped(u64::from(cell.count)),
            percent(cell.share),
        );
        let number = cell.count.to_string();
        let (size, small) = if side < 40.0 {
            (6.0, " small")
        } else {
            (7.5, "")
        };
        if size * number.len() as f64 + 4.0 <= side {
            let on = if opacity > 0.55 { "on" } else { "" };
            let _ = writeln!(
                svg,
                r#"<text class="{on}{small}" x="{:.1}" y="{:.1}" text-anchor="middle">{number}</text>"#,
                x + side / 2.0,
                y + side / 2.0 + 4.0,
            );
        }
    }

    /// Names of the classes, as many as there is room for.
    fn label(&self, svg: &mut String, names: &[String]) {
        const LINE: f64 = 11.0;
        let Self { left, top, side } = *self;
        let every = (LINE / side).ceil().max(1.0) as usize;
        let small = if side < 14.0 { "small" } else { "" };
        for (class, name) in names.iter().enumerate().step_by(every) {
            let name = escape(&shortened(name, LETTERS));
            let at = side * (class as f64 + 0.5);
            let _ = writeln!(
                svg,
                r#"<text class="{small}" x="{:.1}" y="{:.1}" text-anchor="end">{name}</text><text class="{small}" transform="translate({:.1},{:.1}) rotate(-90)">{name}</text>"#,
                left - 8.0,
                top + at + 4.0,
                left + at + 4.0,
                top - 8.0,
            );
        }
    }
}

fn pair(cell: &Cell, names: &[String]) -> String {
    let (label, answer) = (escape(&names[cell.label]), escape(&names[cell.answer]));
    match cell.label == cell.answer {
        true => format!("{label}, rightly"),
        false => format!("{label} taken for {answer}"),
    }
}

/// The mistakes that are made most often.
fn list(svg: &mut String, cells: &[Cell], names: &[String], [x, top]: [f64; 2]) {
    let _ = writeln!(
        svg,
        r#"<text class="title" x="{x:.1}" y="{top}">Taken for another class</text>"#
    );
    let wrong = cells.iter().filter(|cell| cell.label != cell.answer);
    for (line, cell) in wrong.take(WORST).enumerate() {
        let [label, answer] =
            [cell.label, cell.answer].map(|class| escape(&shortened(&names[class], 14)));
        let _ = writeln!(
            svg,
            r#"<text x="{x:.1}" y="{:.1}">{} ({}) {label} for {answer}</text>"#,
            top + 20.0 + 17.0 * line as f64,
            grouped(u64::from(cell.count)),
            percent(cell.share),
        );
    }
}

fn shortened(name: &str, most: usize) -> String {
    match name.char_indices().nth(most) {
        Some(_) => name.chars().take(most - 1).chain(['…']).collect(),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::tests::assert_well_formed;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|i| format!("class <{i}>")).collect()
    }

    #[test]
    fn any_number_of_classes() {
        for classes in [0, 1, 2, 10, 100, 1000] {
            let counts: Vec<u32> = (0..classes * classes).map(|i| (i % 7 / 5) as u32).collect();
            let svg = svg("fake", &names(classes), &counts);
            // Text is escaped, so that these are the only entities.
            assert_well_formed(&svg.replace("&lt;", "").replace("&gt;", ""));
            assert!(svg.len() < 8 << 20, "{}", svg.len());
        }
    }

    #[test]
    fn counts_are_in_their_places() {
        let svg = svg("fake", &names(2), &[30, 10, 0, 7]);
        assert!(
            svg.contains("class &lt;0&gt;, rightly: 30 (75.00%)"),
            "{svg}"
        );
        assert!(svg.contains("class &lt;0&gt; taken for class &lt;1&gt;: 10 (25.00%)"));
        assert!(!svg.contains("class &lt;1&gt; taken for"));
        assert_eq!(shortened("a name that is long", 6), "a nam…");
    }
}
