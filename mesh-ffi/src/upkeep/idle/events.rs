//! `epoll`.

use core::ptr::null;

use arena::os::syscall;
use libc::{c_int, epoll_event, nfds_t, pollfd, sigset_t, timespec};

use crate::ground::next::next;
use crate::unseen::hazards::during;
use crate::unseen::signals::{ForKernel, handlers_may_run};
use crate::unseen::waits::schedule::Span;
use crate::unseen::written::Written;

use super::parts::{Call, waiting};
use super::times::{Time, time_of_span};

next!(fn next_epoll_wait = c"epoll_wait"(set: c_int, events: *mut epoll_event, most: c_int, timeout: c_int) -> c_int);
next!(fn next_poll = c"poll"(files: *mut pollfd, count: nfds_t, timeout: c_int) -> c_int);
next!(fn next_epoll_pwait2 = c"epoll_pwait2"(set: c_int, events: *mut epoll_event, most: c_int, timeout: *const timespec, mask: *const sigset_t) -> c_int);
next!(fn next_epoll_pwait = c"epoll_pwait"(set: c_int, events: *mut epoll_event, most: c_int, timeout: c_int, mask: *const sigset_t) -> c_int);

/// Waits for so many milliseconds, less than was asked for, until there may be events.
///
/// A wait for events that ends by its time says nothing of a signal that has come meanwhile, before the thread was let run: its handler
/// runs, and the program's wait would go on. A wait for the set, as for a file, says so. It wakes more threads than one where
/// several wait for the same set, so it is for programs with handlers.
fn until_ready(set: c_int, milliseconds: c_int) -> c_int {
    let mut file = pollfd {
        fd: set,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one file, which lives across the call.
    unsafe { next_poll(&raw mut file, 1, milliseconds) }
}

/// Looks for events by the system call, without a wait.
///
/// # Safety
/// As for `epoll_wait`.
unsafe fn look(set: c_int, events: *mut epoll_event, most: c_int) -> c_int {
    let no_mask = null::<sigset_t>().addr();
    let arguments = [
        set as usize,
        events.expose_provenance(),
        most as usize,
        0,
        no_mask,
        0,
    ];
    // SAFETY: the same contract.
    let found = unsafe { syscall(libc::SYS_epoll_pwait, arguments) };
    found as c_int
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
    let written = Written::NOTHING.counted(events, most);
    let wait = |span: Span| {
        let timeout = match span {
            Span::Part(milliseconds) if handlers_may_run() => {
                match until_ready(set, milliseconds) {
                    1.. => 0,
                    over => return over,
                }
            }
            span => span.timeout(timeout),
        };
        // SAFETY: the same contract.
        during(&written, || unsafe {
            next_epoll_wait(set, events, most, timeout)
        })
    };
    // SAFETY: the same contract.
    let look = || during(&written, || unsafe { look(set, events, most) });
    let mask = None;
    waiting(timeout, Call { wait, look, mask })
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
    let asked = unsafe { ForKernel::new(mask) };
    let wait = |span: Span| {
        let timeout = span.timeout(timeout);
        // SAFETY: the same contract; the mask lives across the call.
        during(&written, || unsafe {
            next_epoll_pwait(set, events, most, timeout, asked.pointer())
        })
    };
    // SAFETY: the same contract.
    let look = || during(&written, || unsafe { look(set, events, most) });
    let mask = asked.word();
    waiting(timeout, Call { wait, look, mask })
}

/// `epoll_pwait2`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn epoll_pwait2(
    set: c_int,
    events: *mut epoll_event,
    most: c_int,
    timeout: *const timespec,
    mask: *const sigset_t,
) -> c_int {
    let written = Written::NOTHING.counted(events, most);
    // SAFETY: null or valid (contract).
    let asked = unsafe { ForKernel::new(mask) };
    let wait = |span: Span| {
        let part = time_of_span(span);
        let timeout = part.as_ref().map_or(timeout, |part| part);
        // SAFETY: the same contract; the mask and the part live across the call.
        during(&written, || unsafe {
            next_epoll_pwait2(set, events, most, timeout, asked.pointer())
        })
    };
    // SAFETY: the same contract.
    let look = || during(&written, || unsafe { look(set, events, most) });
    let mask = asked.word();
    let time = Time::at(timeout, Time::of_timespec);
    waiting(time.milliseconds(), Call { wait, look, mask })
}
