//! A short sleep.

use arena::os::syscall;
use libc::timespec;

/// Sleeps for so many milliseconds, fewer than a thousand, or until a signal comes.
pub(crate) fn pause(milliseconds: u64) {
    let time = timespec {
        tv_sec: 0,
        tv_nsec: i64::try_from(milliseconds).unwrap_or(1) * 1_000_000,
    };
    let arguments = [(&raw const time).expose_provenance(), 0, 0, 0, 0, 0];
    // SAFETY: the time lives across the call; a shorter sleep does no harm.
    let _ = unsafe { syscall(libc::SYS_nanosleep, arguments) };
}
