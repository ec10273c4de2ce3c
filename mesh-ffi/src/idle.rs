//! A program that is about to sleep frees nothing, yet has time: upkeep is done then.
//!
//! The functions may be called from a signal handler over an interrupted slow path of ours, which may hold a lock: then
//! nothing is done.

use libc::{c_int, c_uint, epoll_event, fd_set, nfds_t, pollfd, sigset_t, timespec, timeval};

use crate::hazards::during;
use crate::next::next;
use crate::peek::{Peeked, peek};
use crate::process::{self, HEAP};
use crate::signals::ForKernel;
use crate::written::Written;
use crate::{errno, tls};

next!(fn next_epoll_wait = c"epoll_wait"(set: c_int, events: *mut epoll_event, most: c_int, timeout: c_int) -> c_int);
next!(fn next_epoll_pwait = c"epoll_pwait"(set: c_int, events: *mut epoll_event, most: c_int, timeout: c_int, mask: *const sigset_t) -> c_int);
next!(fn next_poll = c"poll"(files: *mut pollfd, count: nfds_t, timeout: c_int) -> c_int);
next!(fn next_ppoll = c"ppoll"(files: *mut pollfd, count: nfds_t, timeout: *const timespec, mask: *const sigset_t) -> c_int);
next!(fn next_select = c"select"(count: c_int, read: *mut fd_set, write: *mut fd_set, except: *mut fd_set, timeout: *mut timeval) -> c_int);
next!(fn next_pselect = c"pselect"(count: c_int, read: *mut fd_set, write: *mut fd_set, except: *mut fd_set, timeout: *const timespec, mask: *const sigset_t) -> c_int);
next!(fn next_nanosleep = c"nanosleep"(time: *const timespec, left: *mut timespec) -> c_int);
next!(fn next_clock_nanosleep = c"clock_nanosleep"(clock: c_int, flags: c_int, time: *const timespec, left: *mut timespec) -> c_int);
next!(fn next_usleep = c"usleep"(microseconds: c_uint) -> c_int);
next!(fn next_sleep = c"sleep"(seconds: c_uint) -> c_uint);

/// Milliseconds of a sleep of unknown length.
const UNKNOWN: u64 = 0;

/// Does what is due before a sleep of `milliseconds`.
fn before_sleep(milliseconds: u64) {
    if tls::inside() || !HEAP.global().wants_upkeep(milliseconds) || !process::is_ours() {
        return;
    }
    let alone = HEAP.stats().attached <= 1;
    errno::preserved(|| tls::within(|| HEAP.global().before_sleep(milliseconds, alone)));
}

/// Before waiting for a number of milliseconds, or without end if it is negative. A wait of zero is no sleep.
fn before_wait(milliseconds: c_int) {
    match u64::try_from(milliseconds) {
        Ok(0) => {}
        Ok(milliseconds) => before_sleep(milliseconds),
        Err(_) => before_sleep(UNKNOWN),
    }
}

/// Before waiting for `time`, or without end if that is null.
fn before_time(time: *const timespec) {
    if time.is_null() {
        return before_sleep(UNKNOWN);
    }
    // A pointer that is none makes the call fail, which is not our business.
    let Peeked::Value(time) = peek(time) else {
        return;
    };
    let milliseconds = time
        .tv_sec
        .saturating_mul(1_000)
        .saturating_add(time.tv_nsec / 1_000_000);
    if time.tv_sec != 0 || time.tv_nsec != 0 {
        before_sleep(u64::try_from(milliseconds).unwrap_or(0));
    }
}

/// What `poll` writes to.
pub(crate) fn polled(files: *mut pollfd, count: nfds_t) -> Written {
    Written::NOTHING.bytes(files, (count as usize).saturating_mul(size_of::<pollfd>()))
}

/// What `select` writes to.
fn selected(read: *mut fd_set, write: *mut fd_set, except: *mut fd_set) -> Written {
    Written::NOTHING.object(read).object(write).object(except)
}

/// Bytes of `count` values, for a number that the program gave as an `int`.
pub(crate) fn bytes<T>(count: c_int) -> usize {
    usize::try_from(count)
        .unwrap_or(0)
        .saturating_mul(size_of::<T>())
}

/// `epoll_wait`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn epoll_wait(
    set: c_int,
    events: *mut epoll_event,
    most: c_int,
    timeout: c_int,
) -> c_int {
    before_wait(timeout);
    let written = Written::NOTHING.bytes(events, bytes::<epoll_event>(most));
    // SAFETY: the same contract.
    during(&written, || unsafe {
        next_epoll_wait(set, events, most, timeout)
    })
}

/// `epoll_pwait`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn epoll_pwait(
    set: c_int,
    events: *mut epoll_event,
    most: c_int,
    timeout: c_int,
    mask: *const sigset_t,
) -> c_int {
    before_wait(timeout);
    let written = Written::NOTHING.bytes(events, bytes::<epoll_event>(most));
    // SAFETY: null or valid (contract).
    let mask = unsafe { ForKernel::new(mask) };
    // SAFETY: the same contract; the mask lives across the call.
    during(&written, || unsafe {
        next_epoll_pwait(set, events, most, timeout, mask.pointer())
    })
}

/// `poll`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn poll(files: *mut pollfd, count: nfds_t, timeout: c_int) -> c_int {
    before_wait(timeout);
    // SAFETY: the same contract.
    during(&polled(files, count), || unsafe {
        next_poll(files, count, timeout)
    })
}

/// `ppoll`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ppoll(
    files: *mut pollfd,
    count: nfds_t,
    timeout: *const timespec,
    mask: *const sigset_t,
) -> c_int {
    before_time(timeout);
    // SAFETY: null or valid (contract).
    let mask = unsafe { ForKernel::new(mask) };
    // SAFETY: the same contract; the mask lives across the call.
    during(&polled(files, count), || unsafe {
        next_ppoll(files, count, timeout, mask.pointer())
    })
}

/// `select`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn select(
    count: c_int,
    read: *mut fd_set,
    write: *mut fd_set,
    except: *mut fd_set,
    timeout: *mut timeval,
) -> c_int {
    if timeout.is_null() {
        before_sleep(UNKNOWN);
    } else if let Peeked::Value(time) = peek(timeout) {
        let time = timespec {
            tv_sec: time.tv_sec,
            tv_nsec: time.tv_usec.saturating_mul(1_000),
        };
        before_time(&raw const time);
    }
    let written = selected(read, write, except).object(timeout);
    // SAFETY: the same contract.
    during(&written, || unsafe {
        next_select(count, read, write, except, timeout)
    })
}

/// `pselect`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pselect(
    count: c_int,
    read: *mut fd_set,
    write: *mut fd_set,
    except: *mut fd_set,
    timeout: *const timespec,
    mask: *const sigset_t,
) -> c_int {
    before_time(timeout);
    // SAFETY: null or valid (contract).
    let mask = unsafe { ForKernel::new(mask) };
    // SAFETY: the same contract; the mask lives across the call.
    during(&selected(read, write, except), || unsafe {
        next_pselect(count, read, write, except, timeout, mask.pointer())
    })
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
    // SAFETY: the same contract.
    during(&Written::NOTHING.object(left), || unsafe {
        next_nanosleep(time, left)
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
    during(&Written::NOTHING.object(left), || unsafe {
        next_clock_nanosleep(clock, flags, time, left)
    })
}

/// `usleep`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn usleep(microseconds: c_uint) -> c_int {
    before_sleep(u64::from(microseconds) / 1_000);
    // SAFETY: the same contract.
    unsafe { next_usleep(microseconds) }
}

/// `sleep`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sleep(seconds: c_uint) -> c_uint {
    before_sleep(u64::from(seconds) * 1_000);
    // SAFETY: the same contract.
    unsafe { next_sleep(seconds) }
}
