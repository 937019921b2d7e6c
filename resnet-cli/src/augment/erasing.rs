//! Random erasing (Zhong et al. 2017), as timm does it.

use super::flags::Fill;
use crate::random::Draws;

/// Erases rectangles of normalised images.
#[derive(Clone, Copy, Debug)]
pub(super) struct Erasing {
    pub(super) probability: f64,
    pub(super) fill: Fill,
    /// The most rectangles of an image.
    pub(super) count: usize,
}

/// Share of the area of all rectangles of an image.
const AREA: [f64; 2] = [0.02, 1.0 / 3.0];

/// Height divided by width.
const RATIO: [f64; 2] = [0.3, 1.0 / 0.3];

impl Erasing {
    /// Erases of an image `[channels][height][width]`, by chance.
    pub(super) fn erase(&self, values: &mut [f32], shape: [usize; 3], draws: &mut Draws) {
        if !draws.chance(self.probability) {
            return;
        }
        let count = 1 + draws.below(self.count);
        for _ in 0..count {
            if let Some(place) = rectangle(shape, count, draws) {
                self.fill(values, shape, place, draws);
            }
        }
    }

    fn fill(
        &self,
        values: &mut [f32],
        [channels, height, width]: [usize; 3],
        [top, left, rows, columns]: [usize; 4],
        draws: &mut Draws,
    ) {
        for channel in 0..channels {
            let colour = match self.fill {
                Fill::Rand => draws.normal() as f32,
                Fill::Const | Fill::Pixel => 0.0,
            };
            for row in top..top + rows {
                let start = (channel * height + row) * width + left;
                for value in &mut values[start..start + columns] {
                    *value = match self.fill {
                        Fill::Pixel => draws.normal() as f32,
                        Fill::Const | Fill::Rand => colour,
                    };
                }
            }
        }
    }
}

/// Top, left, height and width of one of `count` rectangles, smaller than the
/// image; none if ten draws are too large.
fn rectangle(
    [_, height, width]: [usize; 3],
    count: usize,
    draws: &mut Draws,
) -> Option<[usize; 4]> {
    const ATTEMPTS: usize = 10;
    let area = (height * width) as f64 / count as f64;
    for _ in 0..ATTEMPTS {
        let wanted = area * draws.between(AREA[0], AREA[1]);
        let ratio = draws.between(RATIO[0].ln(), RATIO[1].ln()).exp();
        let rows = (wanted * ratio).sqrt().round() as usize;
        let columns = (wanted / ratio).sqrt().round() as usize;
        if rows < height && columns < width {
            let top = draws.below(height - rows + 1);
            let left = draws.below(width - columns + 1);
            return Some([top, left, rows, columns]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: [usize; 3] = [2, 12, 10];

    fn erased(probability: f64, fill: Fill, count: usize, step: usize) -> Vec<f32> {
        let erasing = Erasing {
            probability,
            fill,
            count,
        };
        let mut values = vec![5.0; 240];
        erasing.erase(&mut values, SHAPE, &mut Draws::of_step(3, step));
        values
    }

    #[test]
    fn erases_as_often_as_asked() {
        let often = |probability| {
            let changed = |step: &usize| erased(probability, Fill::Const, 1, *step).contains(&0.0);
            (0..400).filter(changed).count()
        };
        assert_eq!((often(0.0), often(1.0)), (0, 400));
        assert!((150..250).contains(&often(0.5)), "{}", often(0.5));
    }

    #[test]
    fn rectangles_hold_what_was_asked_for() {
        for step in 0..50 {
            let constant = erased(1.0, Fill::Const, 1, step);
            let area = constant.iter().filter(|value| **value == 0.0).count();
            assert!(
                area.is_multiple_of(2) && (2..=2 * 48).contains(&area),
                "{area}"
            );
            let (first, second) = constant.split_at(120);
            assert_eq!(first, second);

            let colours = |fill| {
                let values = erased(1.0, fill, 1, step);
                let mut bits: Vec<_> = values.iter().map(|value| value.to_bits()).collect();
                bits.sort_unstable();
                bits.dedup();
                bits.len() - 1
            };
            assert_eq!(colours(Fill::Rand), 2);
            assert_eq!(colours(Fill::Pixel), area);
        }
    }
}
