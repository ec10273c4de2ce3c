//! A program that is about to sleep frees nothing, yet has time: upkeep is done then.
//!
//! The functions may be called from a signal handler over an interrupted slow path of ours, which may hold a lock: then
//! nothing is done.

use core::mem::MaybeUninit;
use core::ptr::null;

use arena::{Os, SignalMask};
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

/// Milliseconds that a program must have waited in vain before it counts as idle: what comes sooner is not delayed.
const GRACE_MS: c_int = 2;

/// One part in so many of a wait is left free.
const FREE_PART: c_int = 8;

/// Milliseconds after which a program that waits for long is looked at again: until then a new cycle may not have been due, or
/// unused pages not old enough.
const QUIET_MS: c_int = 200;

/// How long to wait.
#[derive(Clone, Copy)]
enum Span {
    /// As long as the program asked for.
    AsAsked,
    /// For so many milliseconds; without end if they are negative.
    Milliseconds(c_int),
}

impl Span {
    /// No time at all.
    const NONE: Self = Self::Milliseconds(0);

    /// The timeout of a call that was asked for `timeout` milliseconds.
    fn timeout(self, timeout: c_int) -> c_int {
        match self {
            Self::AsAsked => timeout,
            Self::Milliseconds(milliseconds) => milliseconds,
        }
    }
}

/// A wait for something to happen, taken apart so that upkeep is done in it: `wait` waits for a part of it under the mask given,
/// if there is one, and returns zero if nothing has happened.
///
/// Signals are blocked after the grace, but in the waits: one that came in between would not end the wait, as it should.
///
/// ```text
///  grace     a program that is busy is called back soon: nothing was done, and nothing is lost
///  slices    of a cycle, as long as there is something to do; after each it is looked whether something has happened
///  quiet     of a long wait: then another look, and unused pages go
///  the rest
/// ```
///
/// What the thread keeps is for others meanwhile, unless the wait is for no time at all.
#[inline(always)]
fn waiting(timeout: c_int, wait: impl FnMut(Span, Option<&sigset_t>) -> c_int) -> c_int {
    resting_if(timeout != 0, Caller::Anybody, || in_parts(timeout, wait))
}

/// [`waiting`] without regard to what the thread keeps.
fn in_parts(timeout: c_int, mut wait: impl FnMut(Span, Option<&sigset_t>) -> c_int) -> c_int {
    let limit = u64::try_from(timeout).unwrap_or(UNKNOWN);
    let sleep = Sleep::Wait(limit);
    let has_work = || sleep.is_long() || HEAP.global().wants_upkeep(sleep);
    if timeout == 0 || HEAP.global().is_in_background() || !has_work() {
        return wait(Span::AsAsked, None);
    }
    if !sleep.is_idle() {
        let _ = upkeep(sleep);
        return wait(Span::AsAsked, None);
    }
    let clock = || HEAP.global().pages().os().clock_ns();
    let start = clock();
    let left = || match c_int::try_from(clock().saturating_sub(start) / 1_000_000) {
        _ if timeout < 0 => timeout,
        Ok(passed) => (timeout - passed).max(0),
        Err(_) => 0,
    };
    let at_most = |milliseconds: c_int| match left() {
        left @ 0.. => Span::Milliseconds(left.min(milliseconds)),
        _ => Span::Milliseconds(milliseconds),
    };
    let result = wait(at_most(GRACE_MS), None);
    if result != 0 || left() == 0 {
        return result;
    }
    let blocked = HEAP.global().pages().os().block_signals();
    let mask = as_set(blocked);
    let mut parts = || {
        loop {
            let mut helped = false;
            // The end is kept free, so that the wait does not take longer than it was asked to.
            while (timeout < 0 || left() >= timeout / FREE_PART) && upkeep(sleep) {
                helped = true;
                let result = wait(Span::NONE, Some(&mask));
                if result != 0 {
                    return result;
                }
            }
            if !sleep.is_long() {
                break;
            }
            let result = wait(at_most(QUIET_MS), Some(&mask));
            if result != 0 || left() == 0 {
                return result;
            }
            if !helped && !upkeep(sleep) {
                purge();
                break;
            }
        }
        wait(Span::Milliseconds(left()), Some(&mask))
    };
    let result = parts();
    HEAP.global().pages().os().restore_signals(blocked);
    result
}

/// The kernel's mask as the C library's functions take it.
fn as_set(mask: SignalMask) -> sigset_t {
    let mut set = MaybeUninit::<sigset_t>::zeroed();
    // SAFETY: a set begins with the kernel's word, and is at least as large.
    unsafe { set.as_mut_ptr().cast::<u64>().write(mask.0) };
    // SAFETY: all zeros is a valid set, and so is any first word.
    unsafe { set.assume_init() }
}

/// Gives back unused pages before a long wait: all of them if this is the only thread, else those that are old enough.
fn purge() {
    if tls::inside() || !process::is_ours() {
        return;
    }
    errno::preserved(|| {
        tls::within(|| {
            if HEAP.stats().attached <= 1 {
                HEAP.global().purge();
            }
        });
    });
}

/// A time as milliseconds for [`waiting`]: negative for a null pointer, zero for a pointer that is none, which makes the
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

/// The mask of the program's call, or else the one that it had before signals were blocked.
fn chosen(asked: *const sigset_t, blocked: Option<&sigset_t>) -> *const sigset_t {
    match blocked {
        Some(blocked) if asked.is_null() => blocked,
        _ => asked,
    }
}

/// Milliseconds that are not negative as a time.
fn time_of(milliseconds: c_int) -> timespec {
    timespec {
        tv_sec: i64::from(milliseconds / 1_000),
        tv_nsec: i64::from(milliseconds % 1_000) * 1_000_000,
    }
}

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
    waiting(timeout, |span, mask| {
        let timeout = span.timeout(timeout);
        match mask {
            // SAFETY: the same contract.
            None => during(&written, || unsafe {
                next_epoll_wait(set, events, most, timeout)
            }),
            // SAFETY: the same contract; the mask lives across the call.
            Some(mask) => during(&written, || unsafe {
                next_epoll_pwait(set, events, most, timeout, mask)
            }),
        }
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
    waiting(timeout, |span, blocked| {
        let mask = chosen(mask.pointer(), blocked);
        // SAFETY: the same contract; the mask lives across the call.
        during(&written, || unsafe {
            next_epoll_pwait(set, events, most, span.timeout(timeout), mask)
        })
    })
}

/// `poll`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn poll(files: *mut pollfd, count: nfds_t, timeout: c_int) -> c_int {
    let written = polled(files, count);
    waiting(timeout, |span, mask| {
        let timeout = span.timeout(timeout);
        let Some(mask) = mask else {
            // SAFETY: the same contract.
            return during(&written, || unsafe { next_poll(files, count, timeout) });
        };
        let time = time_of(timeout.max(0));
        let time = if timeout < 0 { null() } else { &raw const time };
        // SAFETY: the same contract; time and mask live across the call.
        during(&written, || unsafe { next_ppoll(files, count, time, mask) })
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
    waiting(milliseconds(timeout), |span, blocked| {
        let mask = chosen(mask.pointer(), blocked);
        let part = match span {
            Span::Milliseconds(milliseconds @ 0..) => Some(time_of(milliseconds)),
            Span::Milliseconds(_) | Span::AsAsked => None,
        };
        let timeout = part.as_ref().map_or(timeout, |part| part);
        // SAFETY: the same contract; the mask and the part live across the call.
        during(&written, || unsafe {
            next_ppoll(files, count, timeout, mask)
        })
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
