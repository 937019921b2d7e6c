//! Images drawn in the terminal, side by side, readable without colour.

use crate::images::Raster;

/// Widest picture, in columns of the terminal.
const COLUMNS: usize = 28;
/// Columns of all pictures of a row.
const LINE: usize = 80;
const GAP: usize = 3;
/// From dark to bright.
const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];

/// An image and the lines below it.
pub(crate) struct Picture {
    pub(crate) raster: Raster,
    /// Lines below the image.
    pub(crate) caption: Vec<String>,
}

/// Draws pictures of one size in rows that fit a terminal.
pub(crate) fn draw(pictures: &[Picture]) -> String {
    let blocks: Vec<Vec<String>> = pictures.iter().map(Picture::lines).collect();
    let widest = |block: &Vec<String>| block.iter().map(|line| line.chars().count()).max();
    let width = blocks.iter().filter_map(widest).max().unwrap_or(1);
    let in_a_row = ((LINE + GAP) / (width + GAP)).max(1);
    let mut text = String::new();
    for row in blocks.chunks(in_a_row) {
        let height = row.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..height {
            let cells = row
                .iter()
                .map(|block| block.get(line).map_or("", String::as_str));
            let cells: Vec<_> = cells.map(|cell| format!("{cell:<width$}")).collect();
            text.push_str(cells.join(&" ".repeat(GAP)).trim_end());
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

impl Picture {
    /// The image in cells, then the caption. A cell is about twice as high as
    /// wide, so it stands for half a pixel of a small image and for several of
    /// a large one.
    fn lines(&self) -> Vec<String> {
        let Raster { height, width, .. } = self.raster;
        let columns = (2 * width).min(COLUMNS);
        let rows = (columns * height).div_ceil(2 * width);
        let line = |row| {
            (0..columns)
                .map(|column| self.shade(row, rows, column, columns))
                .collect()
        };
        let mut lines: Vec<String> = (0..rows).map(line).collect();
        lines.extend(self.caption.iter().cloned());
        lines
    }

    /// The mean of the pixels below a cell.
    fn shade(&self, row: usize, rows: usize, column: usize, columns: usize) -> char {
        let Raster {
            height,
            width,
            channels,
            ref pixels,
        } = self.raster;
        let below = |cell: usize, cells: usize, pixels: usize| {
            let start = cell * pixels / cells;
            start..((cell + 1) * pixels / cells).max(start + 1)
        };
        let (mut sum, mut count) = (0, 0);
        for y in below(row, rows, height) {
            for x in below(column, columns, width) {
                let colour = &pixels[(y * width + x) * channels..][..channels];
                sum += colour.iter().copied().map(usize::from).sum::<usize>();
                count += channels;
            }
        }
        SHADES[(sum * SHADES.len() / (count * 256)).min(SHADES.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(pixels: &[u8], [channels, height, width]: [usize; 3]) -> Picture {
        Picture {
            raster: Raster {
                height,
                width,
                channels,
                pixels: pixels.to_vec(),
            },
            caption: vec!["is 7".to_owned()],
        }
    }

    #[test]
    fn draws_side_by_side() {
        let pixels = [0, 255, 255, 128];
        let two = [picture(&pixels, [1, 2, 2]), picture(&pixels, [1, 2, 2])];
        assert_eq!(draw(&two), "  ██     ██\n██▒▒   ██▒▒\nis 7   is 7\n\n");
    }

    #[test]
    fn starts_a_new_row_when_the_line_is_full() {
        let pixels = [255; 64];
        let many: Vec<_> = (0..8).map(|_| picture(&pixels, [1, 8, 8])).collect();
        let text = draw(&many);
        assert_eq!(text.lines().count(), 2 * (8 + 1 + 1));
        assert!(text.lines().all(|line| line.chars().count() <= LINE));
    }

    #[test]
    fn shrinks_large_images_and_averages_channels() {
        let mut pixels = vec![255; 3 * 56 * 56];
        pixels.iter_mut().step_by(3).for_each(|red| *red = 0);
        let text = draw(&[picture(&pixels, [3, 56, 56])]);
        assert_eq!(text.lines().next(), Some("▓".repeat(28).as_str()));
        assert_eq!(text.lines().count(), 14 + 1 + 1);
    }
}
