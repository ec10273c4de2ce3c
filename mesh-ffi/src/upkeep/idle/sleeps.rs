//! Sleeps, which nothing but their time and signals end.
//!
//! They are waits for nothing, and are taken apart as those are: one of 10 ms or more takes no longer than was asked for, and a signal
//! ends it while the heap is being compacted too. Before a shorter one comes the upkeep that is due, a millisecond of it.

use core::ptr::null_mut;

use arena::Os;
use libc::{c_int, c_uint, timespec};
use meshheap::Sleep;

use crate::ground::errno;
use crate::ground::heap::HEAP;
use crate::ground::next::next;
use crate::ground::only_shared::only_shared;
use crate::ground::reach::copy_out;
use crate::unseen::hazards::during;
use crate::unseen::rest::{Caller, resting};
use crate::unseen::waits::upkeep::{UNKNOWN, upkeep};
use crate::unseen::written::Written;
use crate::upkeep::watch::Watch;

use super::select::sleep_in_parts;
use super::times::{Time, time_of_ns};

next!(fn next_nanosleep = c"nanosleep"(time: *const timespec, left: *mut timespec) -> c_int);
next!(fn next_clock_nanosleep = c"clock_nanosleep"(clock: c_int, flags: c_int, time: *const timespec, left: *mut timespec) -> c_int);

/// Sleeps for `time`, which is there; `as_asked` is the call as the program made it, which returns zero, or -1 and sets `errno`.
/// When a signal comes, what was left is written to `left`, unless that is null.
///
/// # Safety
/// As for `nanosleep`.
unsafe fn slept(time: Time, left: *mut timespec, as_asked: impl Fn() -> c_int) -> c_int {
    // SAFETY: the caller's promise.
    let waited =
        unsafe { sleep_in_parts(time, || during(&Written::NOTHING.object(left), &as_asked)) };
    if let Some(rest) = waited.left
        && waited.result != 0
        && errno::value() == libc::EINTR
        && !left.is_null()
    {
        let rest = time_of_ns(rest);
        let words = [rest.tv_sec.cast_unsigned(), rest.tv_nsec.cast_unsigned()];
        errno::preserved(|| copy_out(left.cast(), &words));
    }
    waited.result
}

/// `nanosleep`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nanosleep(time: *const timespec, left: *mut timespec) -> c_int {
    // SAFETY: the same contract.
    let as_asked = || unsafe { next_nanosleep(time, left) };
    if time.is_null() {
        return as_asked();
    }
    // SAFETY: the same contract.
    unsafe { slept(Time::at(time, Time::of_timespec), left, as_asked) }
}

/// How long a sleep until `end` on `clock` takes from now; `None` if that may change.
fn until(clock: c_int, end: *const timespec) -> Option<Time> {
    let is_steady = clock == libc::CLOCK_MONOTONIC && !end.is_null();
    let Time::Nanoseconds(end) = is_steady.then(|| Time::at(end, Time::of_timespec))? else {
        return Some(Time::None);
    };
    let left = end.saturating_sub(clock_ns());
    Some(if left == 0 {
        Time::None
    } else {
        Time::Nanoseconds(left)
    })
}

/// Nanoseconds on the clock that nobody sets.
fn clock_ns() -> u64 {
    HEAP.global().pages().os().clock_ns()
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
    // SAFETY: the same contract.
    let own = || unsafe { next_clock_nanosleep(clock, flags, time, left) };
    let has_end = flags & libc::TIMER_ABSTIME != 0;
    let span = if has_end {
        until(clock, time)
    } else {
        let is_usual = matches!(clock, libc::CLOCK_MONOTONIC | libc::CLOCK_REALTIME);
        (is_usual && !time.is_null()).then(|| Time::at(time, Time::of_timespec))
    };
    let Some(span) = span else {
        let _ = upkeep(Sleep(UNKNOWN));
        let watch = Watch::begin();
        return resting(Caller::Anybody, || {
            loop {
                let error = during(&Written::NOTHING.object(left), own);
                // One that has an end can be made again as it is.
                let goes_on = |watch: &Watch| has_end && watch.was_ended(error);
                if !watch.as_ref().is_some_and(goes_on) {
                    return error;
                }
            }
        });
    };
    // What is left is of no use where the end is given, nor does the kernel say it.
    let left = if has_end { null_mut() } else { left };
    // The function tells by its value, and leaves `errno` alone.
    let before = errno::value();
    let as_asked = || match own() {
        0 => 0,
        error => {
            errno::set(error);
            -1
        }
    };
    // SAFETY: the same contract.
    let error = match unsafe { slept(span, left, as_asked) } {
        0 => 0,
        _ => errno::value(),
    };
    errno::set(before);
    error
}

/// `usleep`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn usleep(microseconds: c_uint) -> c_int {
    let time = time_of_ns(u64::from(microseconds) * 1_000);
    // SAFETY: the time lives across the call.
    unsafe { nanosleep(&raw const time, null_mut()) }
}

/// `sleep`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sleep(seconds: c_uint) -> c_uint {
    let mut time = time_of_ns(u64::from(seconds) * 1_000_000_000);
    // SAFETY: the time lives across the call.
    match unsafe { nanosleep(&raw const time, &raw mut time) } {
        0 => 0,
        _ => c_uint::try_from(time.tv_sec).unwrap_or(0),
    }
}

only_shared!(thrd_sleep);

/// `thrd_sleep`: as the C library's, it says -1 for a signal, and less for any other error.
///
/// # Safety
/// As for the function of the C library.
pub(crate) unsafe extern "C" fn thrd_sleep(time: *const timespec, left: *mut timespec) -> c_int {
    // SAFETY: the same contract.
    match unsafe { clock_nanosleep(libc::CLOCK_REALTIME, 0, time, left) } {
        0 => 0,
        libc::EINTR => -1,
        _ => -2,
    }
}

const _: () = assert!(size_of::<timespec>() == 2 * size_of::<u64>());
