//! Sharing work in equal units among threads.

#[cfg(all(feature = "std", not(target_family = "wasm")))]
mod threads;

#[cfg(all(feature = "std", not(target_family = "wasm")))]
pub(crate) use threads::run;

/// The most threads that share one piece of work, the caller included.
pub(crate) const MAX_THREADS: usize = 256;

/// Multiply-adds that are worth waking another thread for: about 20
/// microseconds of one core. Handing work over and waiting for it takes a few,
/// and milliseconds where others keep the cores busy.
const WORTH_SHARING: usize = if cfg!(test) { 1 } else { 1 << 21 };

/// How many threads to share `multiply_adds` among, `threads` at most. It
/// follows from sizes alone, and results never depend on it.
pub(crate) fn threads_for(threads: usize, multiply_adds: usize) -> usize {
    if multiply_adds < WORTH_SHARING {
        1
    } else {
        threads
    }
}

/// Calls `body` for all units: without `std`, and in WebAssembly, there is the
/// caller's thread alone.
#[cfg(any(not(feature = "std"), target_family = "wasm"))]
pub(crate) fn run(_: usize, units: usize, body: &(dyn Fn(core::ops::Range<usize>) + Sync)) {
    if units > 0 {
        body(0..units);
    }
}
