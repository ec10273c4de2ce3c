//! `epoll`.

use libc::{c_int, epoll_event, sigset_t};

use crate::ground::next::next;
use crate::unseen::hazards::during;
use crate::unseen::signals::ForKernel;
use crate::unseen::written::Written;

use super::parts::{chosen, waiting};

next!(fn next_epoll_wait = c"epoll_wait"(set: c_int, events: *mut epoll_event, most: c_int, timeout: c_int) -> c_int);
next!(fn next_epoll_pwait = c"epoll_pwait"(set: c_int, events: *mut epoll_event, most: c_int, timeout: c_int, mask: *const sigset_t) -> c_int);

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
    let written = Written::NOTHING.counted(events, most);
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
    let written = Written::NOTHING.counted(events, most);
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
