//! The system-wide monotonic clock: all processes of a run read the same one.

/// Microseconds since some fixed moment, the same for every process of this machine (`clock_gettime(2)`,
/// `CLOCK_MONOTONIC`).
#[cfg(unix)]
pub fn now_us() -> u64 {
    use nix::time::{ClockId, clock_gettime};
    // POSIX lets clock_gettime fail only on a clock that the system does not have.
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("every POSIX system has a monotonic clock");
    now.tv_sec() as u64 * 1_000_000 + now.tv_nsec() as u64 / 1_000
}

/// Microseconds since 1970: `std` offers no clock on Windows that is monotonic *and* shared by processes.
#[cfg(not(unix))]
pub fn now_us() -> u64 {
    use std::time::{SystemTime, UNIX_EPOCH};
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
}
