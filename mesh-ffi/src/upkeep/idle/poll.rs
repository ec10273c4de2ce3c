//! `poll` and `ppoll`.

use core::ptr::null;

use libc::{c_int, nfds_t, pollfd, sigset_t, timespec};

use crate::ground::next::next;
use crate::unseen::hazards::during;
use crate::unseen::signals::ForKernel;
use crate::unseen::written::Written;

use super::parts::{Span, chosen, waiting};
use super::times::{Time, time_of};

next!(fn next_poll = c"poll"(files: *mut pollfd, count: nfds_t, timeout: c_int) -> c_int);
next!(fn next_ppoll = c"ppoll"(files: *mut pollfd, count: nfds_t, timeout: *const timespec, mask: *const sigset_t) -> c_int);

/// `poll`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn poll(files: *mut pollfd, count: nfds_t, timeout: c_int) -> c_int {
    let written = Written::NOTHING.array(files, count as usize);
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
    let written = Written::NOTHING.array(files, count as usize);
    waiting(
        Time::at(timeout, Time::of_timespec).milliseconds(),
        |span, blocked| {
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
        },
    )
}
