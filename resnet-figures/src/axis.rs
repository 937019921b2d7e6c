//! Axes of plots, with round ticks.

/// A linear axis with round ticks.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    low: f64,
    high: f64,
    step: f64,
}

impl Axis {
    /// An axis that holds `low..=high` and ends at ticks, about `count` of them.
    pub fn new(low: f64, high: f64, count: f64) -> Self {
        let step = step(high - low, count);
        Self {
            low: (low / step).floor() * step,
            high: ((high / step).ceil() * step).max((low / step).floor() * step + step),
            step,
        }
    }

    /// An axis of the whole numbers from 1 to `last`.
    pub fn counting(last: usize) -> Self {
        Self {
            low: 1.0,
            high: last.max(2) as f64,
            step: step(last as f64, 8.0).max(1.0),
        }
    }

    /// Where `value` lies between the axis' ends, from 0 to 1.
    pub fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// Round values from one end to the other.
    pub fn ticks(&self) -> impl Iterator<Item = f64> {
        let first = (self.low / self.step).ceil() as i64;
        let last = (self.high / self.step + 1e-9).floor() as i64;
        (first..=last).map(|tick| tick as f64 * self.step)
    }

    /// Decimals that tell the ticks apart.
    pub fn decimals(&self) -> usize {
        (-self.step.log10().floor()).max(0.0) as usize
    }
}

/// 1, 2 or 5 times a power of ten: `span` in about `count` steps.
fn step(span: f64, count: f64) -> f64 {
    let rough = (span / count).max(1e-6);
    let power = 10f64.powf(rough.log10().floor());
    let factor = match rough / power {
        ..1.5 => 1.0,
        ..3.5 => 2.0,
        ..7.5 => 5.0,
        _ => 10.0,
    };
    factor * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        let ticks = |low, high| Axis::new(low, high, 5.0).ticks().collect::<Vec<_>>();
        assert_eq!(ticks(0.0, 2.2), [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]);
        assert_eq!(ticks(61.0, 100.0), [60.0, 70.0, 80.0, 90.0, 100.0]);
        assert_eq!(ticks(100.0, 100.0).len(), 2);
    }

    #[test]
    fn counts_in_whole_numbers() {
        let ticks = |last| Axis::counting(last).ticks().collect::<Vec<_>>();
        assert_eq!(ticks(1), [1.0, 2.0]);
        assert_eq!(ticks(5), [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(ticks(30), [5.0, 10.0, 15.0, 20.0, 25.0, 30.0]);
    }
}
