//! A program that is about to sleep frees nothing, yet has time: upkeep is done then.
//!
//! The functions may be called from a signal handler over an interrupted slow path of ours, which may hold a lock: then
//! nothing is done.

use arena::Os;
use globalheap::Sleep;
use libc::{c_int, c_uint, epoll_event, fd_set, nfds_t, pollfd, sigset_t, timespec, timeval};

use crate::hazards::during;
use crate::next::next;
use crate::peek::{Peeked, peek};
use crate::process::{self, HEAP};
use crate::rest::{Caller, resting, resting_if};
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

/// Does what is due before `sleep`; says whether a mesh cycle is under way that this thread should go on with.
fn upkeep(sleep: Sleep) -> bool {
    if tls::inside() || !HEAP.global().wants_upkeep(sleep) || !process::is_ours() {
        return false;
    }
    let alone = HEAP.stats().attached <= 1;
    errno::preserved(|| tls::within(|| HEAP.global().before_sleep(sleep, alone)))
}

/// Does what is due before a sleep of `milliseconds`.
fn before_sleep(milliseconds: u64) {
    // What is left of a cycle is for the next one who comes by.
    let _ = upkeep(Sleep::Certain(milliseconds));
}

/// Does what is due before a wait for a number of milliseconds, or without end if it is negative. A wait of zero is no sleep.
///
/// A mesh cycle may take long, so it goes on only while nothing has happened that the program waits for: `poll` is the same
/// wait with a time of zero. What it returns, if that is not zero, is the result of the whole wait. A cycle takes no more than
/// half of the time; the rest is for the next wait.
fn before_wait(milliseconds: c_int, mut poll: impl FnMut() -> c_int) -> Option<c_int> {
    if milliseconds == 0 {
        return None;
    }
    let limit = u64::try_from(milliseconds).unwrap_or(UNKNOWN);
    let clock = || HEAP.global().pages().os().clock_ms();
    let start = clock();
    while upkeep(Sleep::Wait(limit)) {
        if limit != UNKNOWN && clock().saturating_sub(start) >= limit / 2 {
            break;
        }
        match poll() {
            0 => {}
            result => return Some(result),
        }
    }
    None
}

/// Makes `call`, which waits for `milliseconds`: a wait of zero is no sleep.
#[inline(always)]
fn resting_for(milliseconds: c_int, call: impl FnOnce() -> c_int) -> c_int {
    resting_if(milliseconds != 0, Caller::Anybody, call)
}

/// A time as milliseconds for [`before_wait`]: negative for a null pointer, zero for a pointer that is none, which makes the
/// call fail.
fn milliseconds(time: *const timespec) -> c_int {
    if time.is_null() {
        return -1;
    }
    let Peeked::Value(time) = peek(time) else {
        return 0;
    };
    let whole = time.tv_sec.saturating_mul(1_000);
    let all = whole.saturating_add((time.tv_nsec + 999_999) / 1_000_000);
    c_int::try_from(all.max(0)).unwrap_or(c_int::MAX)
}

/// No time at all.
const AT_ONCE: timespec = timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

/// Before a sleep of `time`, or without end if that is null.
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
        before_sleep(u64::try_from(milliseconds).unwrap_or(0).max(1));
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
    let written = Written::NOTHING.bytes(events, bytes::<epoll_event>(most));
    let wait = |timeout| {
        // SAFETY: the same contract.
        during(&written, || unsafe {
            next_epoll_wait(set, events, most, timeout)
        })
    };
    resting_for(timeout, || {
        before_wait(timeout, || wait(0)).unwrap_or_else(|| wait(timeout))
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
    let written = Written::NOTHING.bytes(events, bytes::<epoll_event>(most));
    // SAFETY: null or valid (contract).
    let mask = unsafe { ForKernel::new(mask) };
    let wait = |timeout| {
        // SAFETY: the same contract; the mask lives across the call.
        during(&written, || unsafe {
            next_epoll_pwait(set, events, most, timeout, mask.pointer())
        })
    };
    resting_for(timeout, || {
        before_wait(timeout, || wait(0)).unwrap_or_else(|| wait(timeout))
    })
}

/// `poll`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn poll(files: *mut pollfd, count: nfds_t, timeout: c_int) -> c_int {
    let written = polled(files, count);
    let wait = |timeout| {
        // SAFETY: the same contract.
        during(&written, || unsafe { next_poll(files, count, timeout) })
    };
    resting_for(timeout, || {
        before_wait(timeout, || wait(0)).unwrap_or_else(|| wait(timeout))
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
    // SAFETY: null or valid (contract).
    let mask = unsafe { ForKernel::new(mask) };
    let written = polled(files, count);
    let wait = |timeout| {
        // SAFETY: the same contract; the mask lives across the call.
        during(&written, || unsafe {
            next_ppoll(files, count, timeout, mask.pointer())
        })
    };
    let limit = milliseconds(timeout);
    resting_for(limit, || {
        before_wait(limit, || wait(&AT_ONCE)).unwrap_or_else(|| wait(timeout))
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
    let select = || unsafe { next_select(count, read, write, except, timeout) };
    resting(Caller::Anybody, || during(&written, select))
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
    let select = || unsafe { next_pselect(count, read, write, except, timeout, mask.pointer()) };
    resting(Caller::Anybody, || {
        during(&selected(read, write, except), select)
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
