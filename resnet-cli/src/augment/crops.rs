//! Parts of pictures, drawn at random.

use crate::images::Raster;
use crate::random::Draws;

/// Random parts, as torchvision's `RandomResizedCrop` draws them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    /// Least and largest share of the area.
    pub(super) scale: [f64; 2],
    /// Least and largest width divided by height.
    pub(super) ratio: [f64; 2],
}

impl Parts {
    /// Cuts one out.
    pub(super) fn cut(&self, picture: &Raster, draws: &mut Draws) -> Raster {
        let [top, left, height, width] = self.draw([picture.height, picture.width], draws);
        picture.window([top as isize, left as isize], [height, width])
    }

    /// Top, left, height and width.
    fn draw(&self, [height, width]: [usize; 2], draws: &mut Draws) -> [usize; 4] {
        const ATTEMPTS: usize = 10;
        let area = (height * width) as f64;
        let logs = self.ratio.map(f64::ln);
        for _ in 0..ATTEMPTS {
            let wanted = area * draws.between(self.scale[0], self.scale[1]);
            let ratio = draws.between(logs[0], logs[1]).exp();
            let columns = (wanted * ratio).sqrt().round() as usize;
            let rows = (wanted / ratio).sqrt().round() as usize;
            if (1..=height).contains(&rows) && (1..=width).contains(&columns) {
                let top = draws.below(height - rows + 1);
                let left = draws.below(width - columns + 1);
                return [top, left, rows, columns];
            }
        }
        // The middle, in the nearest shape that is allowed.
        let ratio = width as f64 / height as f64;
        let allowed = ratio.clamp(self.ratio[0], self.ratio[1]);
        let (rows, columns) = if ratio < allowed {
            ((width as f64 / allowed).round() as usize, width)
        } else {
            (height, (height as f64 * allowed).round() as usize)
        };
        let (rows, columns) = (rows.clamp(1, height), columns.clamp(1, width));
        [(height - rows) / 2, (width - columns) / 2, rows, columns]
    }
}

/// The picture cut to its own size at random after black was laid around it.
pub(super) fn padded(picture: &Raster, padding: usize, draws: &mut Draws) -> Raster {
    let mut start = || draws.below(2 * padding + 1) as isize - padding as isize;
    picture.window([start(), start()], [picture.height, picture.width])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_their_area_and_shape() {
        let parts = Parts {
            scale: [0.25, 0.5],
            ratio: [0.5, 2.0],
        };
        let mut draws = Draws::of_step(1, 1);
        let mut places = [false; 2];
        for _ in 0..500 {
            let [top, left, rows, columns] = parts.draw([100, 150], &mut draws);
            assert!(top + rows <= 100 && left + columns <= 150);
            let share = (rows * columns) as f64 / 15_000.0;
            assert!((0.24..0.51).contains(&share), "{share}");
            let ratio = columns as f64 / rows as f64;
            assert!((0.49..2.04).contains(&ratio), "{ratio}");
            places = [places[0] || top == 0, places[1] || left > 50];
        }
        assert_eq!(places, [true; 2]);
        // Nothing fits: the middle.
        let squares = Parts {
            scale: [1.0, 1.0],
            ratio: [1.0, 1.0],
        };
        assert_eq!(squares.draw([10, 30], &mut draws), [0, 10, 10, 10]);
        assert_eq!(squares.draw([30, 10], &mut draws), [10, 0, 10, 10]);
        assert_eq!(squares.draw([1, 1], &mut draws), [0, 0, 1, 1]);
    }

    #[test]
    fn padding_shifts() {
        let picture = Raster {
            height: 2,
            width: 1,
            channels: 1,
            pixels: vec![1, 2],
        };
        let mut draws = Draws::of_step(1, 1);
        let mut seen: Vec<_> = (0..200)
            .map(|_| padded(&picture, 1, &mut draws).pixels)
            .collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen, [[0, 0], [0, 1], [1, 2], [2, 0]]);
    }
}
