//! Time that counts for a measurement.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Time that this thread has been running, where the system tells it, so that
/// others at work on the machine don't count; otherwise the time of day.
pub(crate) fn now() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let running = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = running.and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| START.elapsed(), Duration::from_nanos)
}
