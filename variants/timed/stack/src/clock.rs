//! Clocks: the kernel's account of a thread's time.

use core::mem::MaybeUninit;

use arena::os::syscall;

/// Nanoseconds for which this thread ran so far.
pub(crate) fn ran() -> u64 {
    let mut time = MaybeUninit::<libc::timespec>::zeroed();
    let clock = libc::CLOCK_THREAD_CPUTIME_ID as usize;
    let arguments = [clock, time.as_mut_ptr().addr(), 0, 0, 0, 0];
    // SAFETY: the kernel fills one `timespec`.
    let _ = unsafe { syscall(libc::SYS_clock_gettime, arguments) };
    // SAFETY: all zeros is a valid `timespec`.
    let time = unsafe { time.assume_init() };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// The least that lies between two readings of a clock.
pub(crate) fn least_difference(clock: fn() -> u64) -> u64 {
    let differences = (0..1000).map(|_| {
        let before = clock();
        clock().saturating_sub(before)
    });
    differences.min().unwrap_or(0)
}
