//! Turned, shifted, scaled and slanted pictures.

use crate::images::Raster;
use crate::random::Draws;

/// Where the pixel at (x, y) of a new picture comes from, as a matrix of two
/// rows of three, places counted in pixels from the upper left corner.
pub(super) type Affine = [[f64; 3]; 2];

/// Random movements, each by up to so much to either side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Movements {
    /// Degrees.
    pub(super) rotate: f64,
    /// Share of the sides.
    pub(super) shift: f64,
    /// Share of the size.
    pub(super) zoom: f64,
    /// Degrees.
    pub(super) shear: f64,
}

impl Movements {
    /// Whether there are any.
    pub(super) fn any(&self) -> bool {
        self.rotate > 0.0 || self.shift > 0.0 || self.zoom > 0.0 || self.shear > 0.0
    }

    /// Draws them for a picture of this size.
    pub(super) fn draw(&self, size: [usize; 2], draws: &mut Draws) -> Affine {
        let [height, width] = size.map(|side| side as f64);
        let mut up_to = |most: f64| draws.between(-most, most);
        let (angle, slant) = (
            up_to(self.rotate).to_radians(),
            up_to(self.shear).to_radians(),
        );
        let scale = 1.0 + up_to(self.zoom);
        let shift = [up_to(self.shift) * width, up_to(self.shift) * height];
        // The way back: from the new picture's middle to the old one's.
        let (sin, cos) = angle.sin_cos();
        let tan = slant.tan();
        let rows = [[cos + tan * sin, sin - tan * cos], [-sin, cos]];
        let middle = [width / 2.0, height / 2.0];
        let from = [middle[0] + shift[0], middle[1] + shift[1]];
        [0, 1].map(|axis| {
            let [x, y] = rows[axis].map(|factor| factor / scale);
            [x, y, middle[axis] - x * from[0] - y * from[1]]
        })
    }
}

/// A turn about the middle, against the clock.
pub(super) fn turn(size: [usize; 2], degrees: f64) -> Affine {
    let [height, width] = size.map(|side| side as f64 / 2.0);
    let (sin, cos) = (-degrees).to_radians().sin_cos();
    [
        [cos, sin, width - cos * width - sin * height],
        [-sin, cos, height + sin * width - cos * height],
    ]
}

impl Raster {
    /// The picture moved, between pixels linearly; where there was none,
    /// `fill` (a colour).
    pub(super) fn moved(&self, affine: &Affine, fill: &[u8]) -> Self {
        let mut pixels = Vec::with_capacity(self.pixels.len());
        let (height, width) = (self.height as f64, self.width as f64);
        for row in 0..self.height {
            for column in 0..self.width {
                let at = [column as f64 + 0.5, row as f64 + 0.5];
                let [x, y] = affine.map(|[a, b, c]| a * at[0] + b * at[1] + c);
                if (0.0..width).contains(&x) && (0.0..height).contains(&y) {
                    self.between([x - 0.5, y - 0.5], &mut pixels);
                } else {
                    pixels.extend_from_slice(fill);
                }
            }
        }
        Self { pixels, ..*self }
    }

    /// Adds the colour at a place between pixels.
    fn between(&self, [x, y]: [f64; 2], pixels: &mut Vec<u8>) {
        let columns = Self::neighbours(x, self.width);
        let rows = Self::neighbours(y, self.height);
        let [right, down] = [x - x.floor(), y - y.floor()];
        for channel in 0..self.channels {
            let pixel = |row: usize, column: usize| {
                f64::from(self.pixels[(row * self.width + column) * self.channels + channel])
            };
            let line = |row| {
                let [left, next] = columns.map(|column| pixel(row, column));
                left + (next - left) * right
            };
            let [above, below] = rows.map(line);
            pixels.push((above + (below - above) * down).round() as u8);
        }
    }

    fn neighbours(place: f64, len: usize) -> [usize; 2] {
        let before = place.floor() as isize;
        [before, before + 1].map(|at| at.clamp(0, len as isize - 1) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Raster {
        Raster {
            height: 3,
            width: 3,
            channels: 1,
            pixels: (1..=9).collect(),
        }
    }

    const NONE: Movements = Movements {
        rotate: 0.0,
        shift: 0.0,
        zoom: 0.0,
        shear: 0.0,
    };

    #[test]
    fn nothing_moves_nothing() {
        let affine = NONE.draw([3, 3], &mut Draws::of_step(1, 1));
        assert!(!NONE.any());
        assert_eq!(picture().moved(&affine, &[0]), picture());
    }

    #[test]
    fn turns_and_shifts() {
        let quarter = turn([3, 3], 90.0);
        assert_eq!(
            picture().moved(&quarter, &[0]).pixels,
            [3, 6, 9, 2, 5, 8, 1, 4, 7]
        );
        let left = [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]];
        assert_eq!(
            picture().moved(&left, &[9]).pixels,
            [2, 3, 9, 5, 6, 9, 8, 9, 9]
        );
        let half = [[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]];
        // 1.5, 2.5, and what is beyond the edge.
        assert_eq!(picture().moved(&half, &[0]).pixels[..3], [2, 3, 0]);
    }

    /// Every movement stays within what it was given, whatever is drawn.
    #[test]
    fn movements_keep_their_bounds() {
        let some = Movements {
            rotate: 10.0,
            shift: 0.25,
            zoom: 0.125,
            shear: 5.0,
        };
        let mut draws = Draws::of_step(1, 2);
        for _ in 0..100 {
            let [[a, b, _], [c, d, _]] = some.draw([8, 8], &mut draws);
            let area = a * d - b * c;
            assert!(
                (1.125f64.powi(-2)..=0.875f64.powi(-2)).contains(&area),
                "{area}"
            );
            assert!((c / d).abs() <= 10f64.to_radians().tan() + 1e-12);
        }
    }
}
