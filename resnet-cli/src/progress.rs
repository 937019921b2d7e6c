//! Progress on standard error: a bar in a terminal; elsewhere training has one
//! plain line an epoch.

use std::io::{IsTerminal, stderr};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use crate::format::{duration, grouped, percent};
use crate::training::{Epoch, Step};

/// A bar for so many images in a terminal, if they take a while.
pub(crate) fn bar(images: usize) -> ProgressBar {
    if images < 32 || !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{pos}/{len} [{bar:40.cyan}] {eta} left")
        .expect("the template is valid")
        .progress_chars("=> ");
    ProgressBar::new(images as u64).with_style(style)
}

/// Tells the user how training goes.
pub(crate) struct Progress {
    epochs: usize,
    with_top5: bool,
    start: Instant,
    /// Batches done before this began.
    before: Option<f64>,
    /// Seconds until the end, as far as can be said.
    left: f64,
    /// Absent when standard error isn't a terminal.
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(crate) fn new(epochs: usize, classes: usize) -> Self {
        let bar = stderr().is_terminal().then(|| {
            // The crate leaves the colour out under NO_COLOR.
            let style = ProgressStyle::with_template("{prefix} [{bar:10.cyan}] {wide_msg}")
                .expect("the template is valid")
                .progress_chars("=> ");
            ProgressBar::no_length().with_style(style)
        });
        Self {
            epochs,
            // Of ten classes five are soon among the first.
            with_top5: classes > 10,
            start: Instant::now(),
            before: None,
            left: 0.0,
            bar,
        }
    }

    /// A batch is done.
    pub(crate) fn step(&mut self, step: &Step) {
        let done = ((step.epoch - 1) * step.batches + step.batch) as f64;
        let all = (self.epochs * step.batches) as f64;
        // A run that goes on has begun elsewhere.
        let before = *self.before.get_or_insert(done - 1.0);
        let left = self.start.elapsed().as_secs_f64() * (all - done) / (done - before);
        self.left = left;
        let Some(bar) = &self.bar else { return };
        if step.batch == 1 || before == done - 1.0 {
            bar.set_prefix(epoch_of(step.epoch, self.epochs));
            bar.set_length(step.batches as u64);
        }
        bar.set_message(format!(
            "loss {:.4} accuracy {} {} images/s {} left",
            step.loss,
            percent(step.accuracy),
            grouped(step.images_per_s as u64),
            duration(left),
        ));
        bar.set_position(step.batch as u64);
    }

    /// An epoch is done and evaluated.
    pub(crate) fn epoch(&self, epoch: &Epoch) {
        let mut line = line(epoch, self.epochs);
        if self.with_top5 {
            line.push_str(&format!("  top-5 {}", percent(epoch.test_top5)));
        }
        if epoch.epoch < self.epochs {
            line.push_str(&format!("  {} left", duration(self.left)));
        }
        match &self.bar {
            Some(bar) => bar.println(line),
            None => eprintln!("{line}"),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn epoch_of(epoch: usize, epochs: usize) -> String {
    let width = epochs.to_string().len();
    format!("epoch {epoch:>width$}/{epochs}")
}

fn line(epoch: &Epoch, epochs: usize) -> String {
    format!(
        "{}  lr {:.4}  train loss {:.4} accuracy {}  test loss {:.4} accuracy {}  {} images/s  {}{}",
        epoch_of(epoch.epoch, epochs),
        epoch.lr,
        epoch.train_loss,
        percent(epoch.train_accuracy),
        epoch.test_loss,
        percent(epoch.test_accuracy),
        grouped(epoch.images_per_s as u64),
        duration(epoch.seconds),
        match epoch.waiting {
            // Hardly worth a word.
            ..0.01 => String::new(),
            share => format!("  waited for data {}", percent(share)),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::tests::EPOCH;

    #[test]
    fn an_epoch_is_one_line() {
        let epoch = Epoch {
            epoch: 3,
            lr: 0.05,
            train_loss: 0.25,
            train_accuracy: 0.9,
            test_loss: 0.3,
            test_accuracy: 0.875,
            seconds: 1.5,
            images_per_s: 12_345.6,
            waiting: 0.0,
            ..EPOCH
        };
        assert_eq!(
            line(&epoch, 20),
            "epoch  3/20  lr 0.0500  train loss 0.2500 accuracy 90.00%  \
             test loss 0.3000 accuracy 87.50%  12,345 images/s  1.50 s"
        );
    }
}
