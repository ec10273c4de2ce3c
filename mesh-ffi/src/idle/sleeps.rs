//! Sleeps, which nothing but their time and signals end.

use libc::{c_int, c_uint, timespec};

use crate::hazards::during;
use crate::next::next;
use crate::rest::{Caller, resting};
use crate::written::Written;

use super::times::before_time;
use super::{UNKNOWN, before_sleep};

next!(fn next_nanosleep = c"nanosleep"(time: *const timespec, left: *mut timespec) -> c_int);
next!(fn next_clock_nanosleep = c"clock_nanosleep"(clock: c_int, flags: c_int, time: *const timespec, left: *mut timespec) -> c_int);
next!(fn next_usleep = c"usleep"(microseconds: c_uint) -> c_int);
next!(fn next_sleep = c"sleep"(seconds: c_uint) -> c_uint);

/// `nanosleep`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nanosleep(time: *const timespec, left: *mut timespec) -> c_int {
    if !time.is_null() {
        before_time(time);
    }
    // SAFETY: the same contract.
    let sleep = || unsafe { next_nanosleep(time, left) };
    resting(Caller::Anybody, || {
        during(&Written::NOTHING.object(left), sleep)
    })
}

/// `clock_nanosleep`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_nanosleep(
    clock: c_int,
    flags: c_int,
    time: *const timespec,
    left: *mut timespec,
) -> c_int {
    if flags & libc::TIMER_ABSTIME != 0 {
        before_sleep(UNKNOWN);
    } else if !time.is_null() {
        before_time(time);
    }
    // SAFETY: the same contract.
    let sleep = || unsafe { next_clock_nanosleep(clock, flags, time, left) };
    resting(Caller::Anybody, || {
        during(&Written::NOTHING.object(left), sleep)
    })
}

/// `usleep`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn usleep(microseconds: c_uint) -> c_int {
    before_sleep((u64::from(microseconds) / 1_000).max(1));
    // SAFETY: the same contract.
    resting(Caller::Anybody, || unsafe { next_usleep(microseconds) })
}

/// `sleep`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sleep(seconds: c_uint) -> c_uint {
    before_sleep((u64::from(seconds) * 1_000).max(1));
    // SAFETY: the same contract.
    resting(Caller::Anybody, || unsafe { next_sleep(seconds) })
}
