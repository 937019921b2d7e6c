//! Batches made by threads of their own, ahead of who needs them.
//!
//! They come in order, and no more than a few are ready at a time: a worker that
//! is too far ahead waits. Who makes a batch doesn't matter to what it holds.

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use crate::batches::Batch;

/// Fills the batch of a number.
pub(crate) type Fill<'a> = dyn Fn(usize, &mut Batch) -> Result<()> + Sync + 'a;

/// Memory that may hold batches which are ready, if they are small: many of them
/// outlast a time in which the workers' cores are busy otherwise.
const BYTES: usize = 32 << 20;

/// The most of them.
const MOST: usize = 32;

/// Gives `consume` the batches of these numbers, made by so many workers, or
/// without any by the calling thread when it asks for them. A batch has about
/// `bytes`.
pub(crate) fn with_batches<T>(
    numbers: Range<usize>,
    (workers, bytes): (usize, usize),
    fill: &Fill<'_>,
    consume: impl FnOnce(&mut Loader<'_>) -> T,
) -> T {
    let shared = Shared {
        ahead: (BYTES / bytes.max(1)).min(MOST).max(workers + 1),
        end: numbers.end,
        fill,
        state: Mutex::new(State {
            next: numbers.start,
            taken: numbers.start,
            ready: BTreeMap::new(),
            free: Vec::new(),
            closed: false,
        }),
        produced: Condvar::new(),
        room: Condvar::new(),
    };
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| shared.work());
        }
        // Closed whatever becomes of the consumer: the workers must end.
        let _closing = Closing(&shared);
        consume(&mut Loader {
            shared: &shared,
            workers,
            batch: Batch::default(),
            waited: Duration::ZERO,
        })
    })
}

/// The batches, one after the other.
pub(crate) struct Loader<'a> {
    shared: &'a Shared<'a>,
    workers: usize,
    batch: Batch,
    waited: Duration,
}

impl Loader<'_> {
    /// The next batch; none after the last one.
    pub(crate) fn next(&mut self) -> Result<Option<&mut Batch>> {
        let start = Instant::now();
        let found = match self.workers {
            0 => self.shared.make(&mut self.batch),
            _ => self.shared.take(&mut self.batch),
        };
        self.waited += start.elapsed();
        Ok(found?.then_some(&mut self.batch))
    }

    /// How long batches had to be waited for since this was last asked.
    pub(crate) fn waited(&mut self) -> Duration {
        std::mem::take(&mut self.waited)
    }
}

struct Shared<'a> {
    /// The most batches that are ready or on their way.
    ahead: usize,
    end: usize,
    fill: &'a Fill<'a>,
    state: Mutex<State>,
    /// A batch is ready.
    produced: Condvar,
    /// A batch was taken, or nothing is needed any more.
    room: Condvar,
}

struct State {
    /// The number that is made next, and the one that is taken next.
    next: usize,
    taken: usize,
    ready: BTreeMap<usize, Result<Batch>>,
    /// Memory of batches that were used.
    free: Vec<Batch>,
    closed: bool,
}

impl Shared<'_> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes batches until there are enough.
    fn work(&self) {
        loop {
            let mut state = self.state();
            while !state.closed && state.next < self.end && state.next >= state.taken + self.ahead {
                state = self
                    .room
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            if state.closed || state.next >= self.end {
                return;
            }
            let number = state.next;
            state.next += 1;
            let mut batch = state.free.pop().unwrap_or_default();
            drop(state);
            let filled = catch_unwind(AssertUnwindSafe(|| (self.fill)(number, &mut batch)));
            let filled = filled.unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
            let mut state = self.state();
            state.ready.insert(number, filled.map(|()| batch));
            self.produced.notify_one();
        }
    }

    /// Exchanges `batch` for the next one, once it is ready, or makes it if nobody
    /// has begun to; false at the end.
    fn take(&self, batch: &mut Batch) -> Result<bool> {
        let mut state = self.state();
        let number = state.taken;
        if number >= self.end {
            return Ok(false);
        }
        let found = loop {
            if let Some(found) = state.ready.remove(&number) {
                break found;
            }
            if state.next == number {
                // No worker got that far: better to make it than to wait.
                state.next += 1;
                state.taken += 1;
                drop(state);
                (self.fill)(number, batch)?;
                return Ok(true);
            }
            state = self
                .produced
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        };
        state.taken += 1;
        let used = std::mem::replace(batch, found?);
        state.free.push(used);
        self.room.notify_one();
        Ok(true)
    }

    /// Makes the next batch here.
    fn make(&self, batch: &mut Batch) -> Result<bool> {
        let number = self.state().taken;
        if number >= self.end {
            return Ok(false);
        }
        (self.fill)(number, batch)?;
        self.state().taken += 1;
        Ok(true)
    }
}

struct Closing<'a>(&'a Shared<'a>);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.state().closed = true;
        self.0.room.notify_all();
    }
}

fn panicked(panic: &(dyn Any + Send)) -> anyhow::Error {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    anyhow!("a worker failed: {}", text.unwrap_or("no reason told"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// The labels of all batches.
    fn all(numbers: Range<usize>, workers: usize, fill: &Fill<'_>) -> Result<Vec<usize>> {
        with_batches(numbers, (workers, BYTES), fill, |loader| {
            let mut found = Vec::new();
            while let Some(batch) = loader.next()? {
                found.extend(&batch.labels);
            }
            Ok(found)
        })
    }

    #[test]
    fn batches_come_in_order() {
        let fill = |number: usize, batch: &mut Batch| {
            // The first ones take longest.
            thread::sleep(Duration::from_micros(200 / (number as u64 + 1)));
            batch.labels = vec![number];
            Ok(())
        };
        for workers in [0, 1, 2, 7] {
            let expected: Vec<_> = (3..40).collect();
            assert_eq!(all(3..40, workers, &fill).unwrap(), expected, "{workers}");
            assert!(all(4..4, workers, &fill).unwrap().is_empty());
        }
    }

    /// Workers are never more than a few batches ahead.
    #[test]
    fn memory_is_bounded() {
        for workers in [1, 3] {
            let made = AtomicUsize::new(0);
            let fill = |_: usize, _: &mut Batch| {
                made.fetch_add(1, Ordering::SeqCst);
                Ok(())
            };
            with_batches(0..100, (workers, BYTES), &fill, |loader| {
                for taken in 1..50 {
                    loader.next().unwrap().unwrap();
                    thread::yield_now();
                    let made = made.load(Ordering::SeqCst);
                    assert!(made <= taken + workers + 1, "{made} {taken}");
                }
                // The rest isn't wanted.
            });
            assert!(made.into_inner() <= 50 + workers + 1);
        }
    }

    #[test]
    fn failures_come_in_their_place() {
        let fill = |number: usize, _: &mut Batch| match number {
            5 => bail!("number five"),
            _ => Ok(()),
        };
        for workers in [0, 2] {
            with_batches(0..9, (workers, BYTES / 5), &fill, |loader| {
                for _ in 0..5 {
                    assert!(loader.next().unwrap().is_some());
                }
                assert_eq!(loader.next().unwrap_err().to_string(), "number five");
            });
        }
        // Whoever isn't the test's thread panics.
        let own = thread::current().id();
        let fill = |_: usize, _: &mut Batch| {
            assert!(thread::current().id() == own, "no luck");
            Ok(())
        };
        if let Err(error) = all(0..1000, 2, &fill) {
            assert_eq!(error.to_string(), "a worker failed: no luck");
        }
    }
}
