//! One process-wide pool of threads for work in equal units.
//!
//! Work is split statically into one range a thread, as follows from the
//! number of threads alone. Workers spin for a few microseconds between two
//! pieces of work, as the next layer usually follows at once, and then park.
//! A range that its worker hasn't begun when the caller is done with its own
//! is taken back: where others keep the cores busy, a worker may not run for
//! milliseconds.
//!
//! A worker's inbox is one atomic pointer: null (nothing to do), [`PARKED`]
//! (nothing to do, and wake me), or the job. Whoever exchanges the job for null
//! runs its range. The caller counts the ranges that aren't done in [`PENDING`]
//! and doesn't return before it is zero, so that a job may live on the
//! caller's stack.

use std::any::Any;
use std::hint;
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::MAX_THREADS;

/// How long a thread spins before it parks.
const SPIN: Duration = Duration::from_micros(40);

/// The workers; locked by the caller whose work they do.
static WORKERS: Mutex<Vec<Worker>> = Mutex::new(Vec::new());

/// Workers' ranges of the current job that are not done, and [`SLEEPING`].
static PENDING: AtomicUsize = AtomicUsize::new(0);

/// Bit of [`PENDING`] that asks the last worker to wake [`CALLER`].
const SLEEPING: usize = 1 << 16;

/// The thread that waits for the current job, once [`SLEEPING`] is set.
static CALLER: Mutex<Option<Thread>> = Mutex::new(None);

/// In an inbox: the worker is parked, or about to be. No job has this address.
const PARKED: *mut Job<'static> = ptr::dangling_mut();

/// A thread of the pool.
struct Worker {
    inbox: Arc<Inbox>,
    thread: Thread,
}

/// Where a worker finds its next job.
type Inbox = AtomicPtr<Job<'static>>;

/// One piece of work, on the caller's stack.
struct Job<'a> {
    body: &'a (dyn Fn(Range<usize>) + Sync),
    units: usize,
    threads: usize,
    /// What the first worker that panicked said.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Job<'_> {
    /// Runs the share of one thread; what it panicked with, if it did.
    fn run(&self, thread: usize) -> thread::Result<()> {
        let bound = |thread| thread * self.units / self.threads;
        let range = bound(thread)..bound(thread + 1);
        // A panic goes on in the caller, as if all of `body` had run there, so
        // that nobody gets to see what it left unfinished.
        panic::catch_unwind(AssertUnwindSafe(|| (self.body)(range)))
    }
}

/// Splits `0..units` into at most `threads` contiguous ranges and calls `body`
/// once for each, the caller's thread taking the first.
///
/// A caller that finds the pool at work for another (or for itself, in a call
/// from inside a body) runs `0..units` alone. A panic in `body` reaches the
/// caller when all ranges are done.
pub(crate) fn run(threads: usize, units: usize, body: &(dyn Fn(Range<usize>) + Sync)) {
    let threads = threads.min(units).min(MAX_THREADS);
    if threads > 1
        && let Some(mut workers) = try_lock()
    {
        let workers_wanted = threads - 1;
        recruit(&mut workers, workers_wanted);
        let count = workers.len().min(workers_wanted);
        let outcome = share(&workers[..count], units, body);
        drop(workers);
        if let Err(payload) = outcome {
            panic::resume_unwind(payload);
        }
    } else if units > 0 {
        body(0..units);
    }
}

/// The workers, unless someone has work for them already.
fn try_lock() -> Option<MutexGuard<'static, Vec<Worker>>> {
    match WORKERS.try_lock() {
        Ok(workers) => Some(workers),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Spawns workers until there are `count`, or as many as the system allows.
fn recruit(workers: &mut Vec<Worker>, count: usize) {
    while workers.len() < count {
        let index = workers.len() + 1;
        let inbox = Arc::new(Inbox::default());
        let theirs = Arc::clone(&inbox);
        let spawned = thread::Builder::new()
            .name(format!("resnet-{index}"))
            .spawn(move || work(index, &theirs));
        let Ok(handle) = spawned else { return };
        let thread = handle.thread().clone();
        workers.push(Worker { inbox, thread });
    }
}

/// Runs a job on the caller's thread and on all of `workers`.
fn share(
    workers: &[Worker],
    units: usize,
    body: &(dyn Fn(Range<usize>) + Sync),
) -> thread::Result<()> {
    let job = Job {
        body,
        units,
        threads: workers.len() + 1,
        panic: Mutex::new(None),
    };
    PENDING.store(workers.len(), Ordering::Relaxed);
    let pointer = ptr::from_ref(&job).cast_mut().cast::<Job<'static>>();
    for worker in workers {
        if worker.inbox.swap(pointer, Ordering::AcqRel) == PARKED {
            worker.thread.unpark();
        }
    }
    // From here to the end of `wait` nothing may unwind: workers use `job`.
    let mut outcome = job.run(0);
    for (worker, index) in workers.iter().zip(1..) {
        if take(&worker.inbox, pointer) {
            outcome = outcome.and(job.run(index));
            PENDING.fetch_sub(1, Ordering::Relaxed);
        }
    }
    wait();
    let theirs = lock(&job.panic).take();
    outcome.and(theirs.map_or(Ok(()), Err))
}

/// Takes a job out of an inbox, if it is still there.
fn take(inbox: &Inbox, job: *mut Job<'static>) -> bool {
    let (success, failure) = (Ordering::Acquire, Ordering::Relaxed);
    inbox
        .compare_exchange(job, ptr::null_mut(), success, failure)
        .is_ok()
}

/// Returns when no worker uses the current job any more.
fn wait() {
    if spin(|| (PENDING.load(Ordering::Acquire) == 0).then_some(())).is_some() {
        return;
    }
    *lock(&CALLER) = Some(thread::current());
    if PENDING.fetch_or(SLEEPING, Ordering::AcqRel) != 0 {
        while PENDING.load(Ordering::Acquire) != SLEEPING {
            thread::park();
        }
    }
}

/// The life of a worker.
fn work(index: usize, inbox: &Inbox) -> ! {
    loop {
        let pointer = receive(inbox);
        {
            // SAFETY: `share` put a pointer to its job into the inbox and keeps
            // the job until `PENDING` is zero. This worker took it out, so that
            // nobody else counts its range as done: it does so below, after
            // its last use of the job. `Job` is `Sync`.
            let job = unsafe { &*pointer };
            if let Err(payload) = job.run(index) {
                lock(&job.panic).get_or_insert(payload);
            }
        }
        if PENDING.fetch_sub(1, Ordering::AcqRel) == SLEEPING | 1 {
            // The caller may be gone by now and another asleep in its place:
            // waking that one too early does no harm.
            if let Some(caller) = &*lock(&CALLER) {
                caller.unpark();
            }
        }
    }
}

/// Takes the next job of a worker: spins, then parks, then spins again, as the
/// caller may have taken back what it was woken for.
fn receive(inbox: &Inbox) -> *mut Job<'static> {
    let arrived = || {
        let job = inbox.load(Ordering::Relaxed);
        (!job.is_null() && take(inbox, job)).then_some(job)
    };
    loop {
        if let Some(job) = spin(arrived) {
            return job;
        }
        let (idle, order) = (ptr::null_mut(), Ordering::Relaxed);
        if inbox.compare_exchange(idle, PARKED, order, order).is_ok() {
            while inbox.load(Ordering::Relaxed) == PARKED {
                thread::park();
            }
        }
    }
}

/// Asks again and again for a value, for a time of [`SPIN`].
///
/// Now and then it offers the processor to others: whoever is waited for may
/// have been scheduled onto the same one.
fn spin<T>(mut poll: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        for _ in 0..32 {
            let value = poll();
            if value.is_some() {
                return value;
            }
            hint::spin_loop();
        }
        if start.elapsed() >= SPIN {
            return None;
        }
        thread::yield_now();
    }
}

/// Locks a mutex that no panic leaves in disorder.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs and asserts that every unit was visited once.
    fn assert_covers(threads: usize, units: usize) {
        let visits: Vec<AtomicUsize> = (0..units).map(|_| AtomicUsize::new(0)).collect();
        run(threads, units, &|range| {
            for unit in range {
                visits[unit].fetch_add(1, Ordering::Relaxed);
            }
        });
        assert!(
            visits
                .iter()
                .all(|count| count.load(Ordering::Relaxed) == 1)
        );
    }

    #[test]
    fn every_unit_once() {
        for threads in [1, 2, 3, 4, 7, 16] {
            for units in [0, 1, 2, 3, 5, 8, 16, 17, 100, 1001] {
                assert_covers(threads, units);
            }
        }
        assert_covers(usize::MAX, 10);
    }

    #[test]
    fn nested_calls() {
        let total = AtomicUsize::new(0);
        run(3, 6, &|outer| {
            for _ in outer {
                run(3, 10, &|inner| {
                    total.fetch_add(inner.len(), Ordering::Relaxed);
                });
            }
        });
        assert_eq!(total.into_inner(), 60);
    }

    #[test]
    fn concurrent_callers() {
        thread::scope(|scope| {
            for threads in [1, 2, 3, 4, 2, 3] {
                scope.spawn(move || (0..500).for_each(|units| assert_covers(threads, units % 40)));
            }
        });
    }

    #[test]
    fn thousands_of_tiny_runs() {
        for i in 0..20_000 {
            let total = AtomicUsize::new(0);
            run(2 + i % 3, 4, &|range| {
                total.fetch_add(range.sum(), Ordering::Relaxed);
            });
            assert_eq!(total.into_inner(), 6);
        }
    }

    #[test]
    fn panics_reach_the_caller() {
        for culprit in 0..4 {
            let payload = panic::catch_unwind(|| {
                run(4, 4, &|range| {
                    assert!(!range.contains(&culprit), "unit {culprit}")
                });
            });
            let payload = payload.unwrap_err();
            assert_eq!(
                payload.downcast_ref::<String>().unwrap(),
                &format!("unit {culprit}")
            );
            assert_covers(4, 100);
        }
    }

    #[test]
    fn a_range_that_nobody_begins_is_taken_back() {
        let inbox = Inbox::default();
        let job = ptr::dangling_mut::<Job<'static>>().wrapping_add(1);
        assert!(!take(&inbox, job));
        inbox.store(job, Ordering::Relaxed);
        assert!(take(&inbox, job));
        assert!(!take(&inbox, job), "once only");
    }

    #[test]
    fn slow_workers_are_waited_for() {
        for _ in 0..5 {
            let done = AtomicUsize::new(0);
            run(2, 2, &|range| {
                if range.contains(&1) {
                    thread::sleep(Duration::from_millis(2));
                }
                done.fetch_add(range.len(), Ordering::Relaxed);
            });
            assert_eq!(done.into_inner(), 2);
        }
    }
}
