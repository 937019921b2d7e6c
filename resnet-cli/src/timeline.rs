//! When every call of a run began, run after run.

use std::cmp::Ordering;
use std::mem::take;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use resnet_runtime::{LayerCall, Observer};

use crate::commands::bench::median;

/// The only phase of inference.
pub(crate) const INFERENCE: &str = "inference";

/// The call that takes images in.
const INPUT: &str = "input";

/// What takes time in a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Span {
    /// [`INFERENCE`], or `forward`, `loss`, `backward` or `update`.
    pub(crate) phase: &'static str,
    /// The call; none from the start of a phase to its first call.
    pub(crate) call: Option<LayerCall>,
}

/// Runs on record: the same spans in each.
#[derive(Default)]
pub(crate) struct Timeline {
    /// Of the run on its way.
    marks: Arc<Mutex<Vec<Mark>>>,
    pub(crate) spans: Vec<Span>,
    /// Where each span of a run begins and, one more, where the run ends, in
    /// seconds from its start.
    runs: Vec<Vec<f64>>,
}

#[derive(Clone, Copy)]
struct Mark {
    at: Instant,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Phase(&'static str),
    Call(LayerCall),
}

impl Timeline {
    /// What records the calls of a model or trainer.
    pub(crate) fn observer(&self) -> Observer {
        let marks = Arc::clone(&self.marks);
        Box::new(move |call| mark(&marks, What::Call(call)))
    }

    /// A phase of the run begins; the first one of a run begins that.
    pub(crate) fn phase(&self, name: &'static str) {
        mark(&self.marks, What::Phase(name));
    }

    /// The run is over, and goes on record or not.
    pub(crate) fn end_run(&mut self, kept: bool) {
        let end = Instant::now();
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        let marks = take(&mut *marks);
        let Some(start) = marks.first().map(|mark| mark.at).filter(|_| kept) else {
            return;
        };
        let times = marks.iter().map(|mark| mark.at).chain([end]);
        let times = times.map(|at| at.duration_since(start).as_secs_f64());
        self.runs.push(times.collect());
        if self.spans.is_empty() {
            self.spans = spans(&marks);
        }
    }

    /// Forgets all runs but the last ones: the others warmed up.
    pub(crate) fn keep(&mut self, last: usize) {
        let warm_up = self.runs.len().saturating_sub(last);
        self.runs.drain(..warm_up);
    }

    /// Whether the runs are inference, and so every call a layer.
    pub(crate) fn is_inference(&self) -> bool {
        self.spans.iter().all(|span| span.phase == INFERENCE)
    }

    /// Each span with the seconds that it takes: the median of the runs.
    pub(crate) fn medians(&self) -> Vec<(Span, f64)> {
        let spans = self.spans.iter().enumerate();
        let seconds = |i: usize| {
            let mut times: Vec<_> = self.runs.iter().map(|run| run[i + 1] - run[i]).collect();
            times.sort_by(f64::total_cmp);
            median(&times)
        };
        spans.map(|(i, span)| (*span, seconds(i))).collect()
    }

    /// Each call of inference with the seconds that it takes for a whole batch,
    /// and in how many micro-batches: every one of them begins with the input.
    pub(crate) fn inference(&self) -> Vec<(LayerCall, usize, f64)> {
        let mut calls: Vec<(LayerCall, usize, f64)> = Vec::new();
        let mut next = 0;
        for (span, seconds) in self.medians() {
            let Some(call) = span.call else { continue };
            if call.operation == INPUT {
                next = 0;
            }
            match calls.get_mut(next) {
                Some((_, times, sum)) => (*times, *sum) = (*times + 1, *sum + seconds),
                None => calls.push((call, 1, seconds)),
            }
            next += 1;
        }
        calls
    }

    /// The run in the middle when they are sorted by time: where each of its
    /// spans begins and, one more, where it ends.
    pub(crate) fn typical(&self) -> &[f64] {
        let mut runs: Vec<_> = self.runs.iter().collect();
        runs.sort_by(|a, b| a.last().partial_cmp(&b.last()).unwrap_or(Ordering::Equal));
        runs.get(runs.len() / 2).map_or(&[], |run| run)
    }
}

/// Whether a call copies images in or an output out: it is no layer of the table.
pub(crate) fn is_boundary(call: &LayerCall) -> bool {
    matches!(call.operation, INPUT | "output")
}

fn mark(marks: &Mutex<Vec<Mark>>, what: What) {
    let mut marks = marks.lock().unwrap_or_else(PoisonError::into_inner);
    marks.push(Mark {
        at: Instant::now(),
        what,
    });
}

fn spans(marks: &[Mark]) -> Vec<Span> {
    let mut phase = "";
    let span = |mark: &Mark| match mark.what {
        What::Phase(name) => {
            phase = name;
            Span { phase, call: None }
        }
        What::Call(call) => Span {
            phase,
            call: Some(call),
        },
    };
    marks.iter().map(span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warm_up_is_forgotten_and_spans_have_their_phases() {
        let mut timeline = Timeline::default();
        let call = LayerCall::sweep("add", [1, 2, 3], [1, 2, 3]);
        for _ in 0..5 {
            let mut observer = timeline.observer();
            timeline.phase("forward");
            observer(call);
            timeline.phase("backward");
            timeline.end_run(true);
        }
        timeline.keep(3);
        assert_eq!(timeline.runs.len(), 3);
        let expected = [
            ("forward", None),
            ("forward", Some(call)),
            ("backward", None),
        ];
        assert_eq!(
            timeline.spans,
            expected.map(|(phase, call)| Span { phase, call })
        );
        let medians = timeline.medians();
        assert!(medians.iter().all(|(_, seconds)| *seconds >= 0.0));
        let typical = timeline.typical();
        assert_eq!((typical.len(), typical[0]), (4, 0.0));
        assert!(typical.is_sorted());
    }
}
