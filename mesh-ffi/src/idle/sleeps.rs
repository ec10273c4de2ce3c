//! Sleeps, which nothing but their time and signals end.

use core::ptr::null_mut;

use libc::{c_int, c_uint, timespec};

use crate::errno;
use crate::hazards::during;
use crate::map::{Watch, is_watching};
use crate::next::next;
use crate::reach::copy_out;
use crate::rest::{Caller, resting};
use crate::written::Written;

use super::times::{before_time, time_of_ns};
use super::{UNKNOWN, before_sleep};

next!(fn next_nanosleep = c"nanosleep"(time: *const timespec, left: *mut timespec) -> c_int);
next!(fn next_clock_nanosleep = c"clock_nanosleep"(clock: c_int, flags: c_int, time: *const timespec, left: *mut timespec) -> c_int);
next!(fn next_usleep = c"usleep"(microseconds: c_uint) -> c_int);
next!(fn next_sleep = c"sleep"(seconds: c_uint) -> c_uint);

/// Sleeps for `time` by `part`, which returns an error number, and goes on when a signal has ended it that only asked for a map. A
/// part leaves what is left of it where it is told. Another signal leaves that at `left`.
fn watched(
    watch: &Watch,
    time: *const timespec,
    left: *mut timespec,
    part: impl Fn(*const timespec, *mut timespec) -> c_int,
) -> c_int {
    let mut rest = time_of_ns(0);
    let mut error = part(time, &raw mut rest);
    while error != 0 && watch.was_ended(error) {
        error = part(&raw const rest, &raw mut rest);
    }
    if error == libc::EINTR && !left.is_null() {
        let words = [rest.tv_sec.cast_unsigned(), rest.tv_nsec.cast_unsigned()];
        errno::preserved(|| copy_out(left.cast(), &words));
    }
    error
}

/// An error number as most functions return it.
fn outcome(error: c_int) -> c_int {
    if error == 0 {
        return 0;
    }
    errno::set(error);
    -1
}

/// `nanosleep`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nanosleep(time: *const timespec, left: *mut timespec) -> c_int {
    if !time.is_null() {
        before_time(time);
    }
    if let Some(watch) = Watch::begin() {
        // SAFETY: the same contract.
        let part = |time, left| match unsafe { next_nanosleep(time, left) } {
            0 => 0,
            _ => errno::value(),
        };
        return outcome(resting(Caller::Anybody, || {
            watched(&watch, time, left, part)
        }));
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
    let has_end = flags & libc::TIMER_ABSTIME != 0;
    if has_end {
        before_sleep(UNKNOWN);
    } else if !time.is_null() {
        before_time(time);
    }
    if let Some(watch) = Watch::begin() {
        // What is left is of no use where the end is given, nor does the kernel say it.
        let left = if has_end { null_mut() } else { left };
        let part = |rest, left| {
            let time = if has_end { time } else { rest };
            // SAFETY: the same contract.
            unsafe { next_clock_nanosleep(clock, flags, time, left) }
        };
        return resting(Caller::Anybody, || watched(&watch, time, left, part));
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
    if is_watching() {
        let time = time_of_ns(u64::from(microseconds) * 1_000);
        // SAFETY: the time lives across the call.
        return unsafe { nanosleep(&raw const time, null_mut()) };
    }
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
    if is_watching() {
        let mut time = time_of_ns(u64::from(seconds) * 1_000_000_000);
        // SAFETY: the time lives across the call.
        return match unsafe { nanosleep(&raw const time, &raw mut time) } {
            0 => 0,
            _ => c_uint::try_from(time.tv_sec).unwrap_or(0),
        };
    }
    before_sleep((u64::from(seconds) * 1_000).max(1));
    // SAFETY: the same contract.
    resting(Caller::Anybody, || unsafe { next_sleep(seconds) })
}

const _: () = assert!(size_of::<timespec>() == 2 * size_of::<u64>());
