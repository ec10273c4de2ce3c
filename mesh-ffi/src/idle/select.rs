//! `select` and `pselect`.

use libc::{c_int, fd_set, sigset_t, timespec, timeval};

use crate::hazards::during;
use crate::next::next;
use crate::peek::{Peeked, peek};
use crate::rest::{Caller, resting};
use crate::signals::ForKernel;
use crate::written::Written;

use super::times::before_time;
use super::{UNKNOWN, before_sleep};

next!(fn next_select = c"select"(count: c_int, read: *mut fd_set, write: *mut fd_set, except: *mut fd_set, timeout: *mut timeval) -> c_int);
next!(fn next_pselect = c"pselect"(count: c_int, read: *mut fd_set, write: *mut fd_set, except: *mut fd_set, timeout: *const timespec, mask: *const sigset_t) -> c_int);

/// What `select` writes to.
fn selected(read: *mut fd_set, write: *mut fd_set, except: *mut fd_set) -> Written {
    Written::NOTHING.object(read).object(write).object(except)
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
