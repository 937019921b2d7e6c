//! Early stopping.

/// Counts epochs without progress.
pub(crate) struct Patience {
    limit: Option<usize>,
    best: f64,
    waited: usize,
}

impl Patience {
    pub(crate) fn new(limit: Option<usize>) -> Self {
        Self {
            limit,
            best: f64::NEG_INFINITY,
            waited: 0,
        }
    }

    /// True when this accuracy is the last that was waited for.
    pub(crate) fn is_over(&mut self, accuracy: f64) -> bool {
        if accuracy > self.best {
            (self.best, self.waited) = (accuracy, 0);
        } else {
            self.waited += 1;
        }
        self.limit.is_some_and(|limit| self.waited >= limit)
    }
}
