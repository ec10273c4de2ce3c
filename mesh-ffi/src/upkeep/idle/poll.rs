//! `poll` and `ppoll`, and their forms that check the length of the array.

use arena::os::syscall;
use libc::{c_int, nfds_t, pollfd, sigset_t, size_t, timespec};

use crate::ground::next::next;
use crate::ground::only_shared::only_shared;
use crate::unseen::hazards::during;
use crate::unseen::signals::ForKernel;
use crate::unseen::waits::schedule::Span;
use crate::unseen::written::Written;

use super::parts::{Call, waiting};
use super::times::{Time, time_of, time_of_span};

next!(fn next_poll = c"poll"(files: *mut pollfd, count: nfds_t, timeout: c_int) -> c_int);
next!(fn next_ppoll = c"ppoll"(files: *mut pollfd, count: nfds_t, timeout: *const timespec, mask: *const sigset_t) -> c_int);
next!(fn next_poll_chk = c"__poll_chk"(files: *mut pollfd, count: nfds_t, timeout: c_int, room: size_t) -> c_int);
next!(fn next_ppoll_chk = c"__ppoll_chk"(files: *mut pollfd, count: nfds_t, timeout: *const timespec, mask: *const sigset_t, room: size_t) -> c_int);

/// Looks at the files by the system call, without a wait.
///
/// # Safety
/// As for `poll`.
unsafe fn look(files: *mut pollfd, count: nfds_t) -> c_int {
    let mut no_time = time_of(0);
    let time = (&raw mut no_time).expose_provenance();
    let arguments = [files.expose_provenance(), count as usize, time, 0, 0, 0];
    // SAFETY: the same contract; the time lives across the call.
    let found = unsafe { syscall(libc::SYS_ppoll, arguments) };
    found as c_int
}

/// `poll`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn poll(files: *mut pollfd, count: nfds_t, timeout: c_int) -> c_int {
    let written = Written::NOTHING.array(files, count as usize);
    let wait = |span: Span| {
        let timeout = span.timeout(timeout);
        // SAFETY: the same contract.
        during(&written, || unsafe { next_poll(files, count, timeout) })
    };
    // SAFETY: the same contract.
    let look = || during(&written, || unsafe { look(files, count) });
    let mask = None;
    waiting(timeout, Call { wait, look, mask })
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
    let asked = unsafe { ForKernel::new(mask) };
    let written = Written::NOTHING.array(files, count as usize);
    let wait = |span: Span| {
        let part = time_of_span(span);
        let timeout = part.as_ref().map_or(timeout, |part| part);
        // SAFETY: the same contract; the mask and the part live across the call.
        during(&written, || unsafe {
            next_ppoll(files, count, timeout, asked.pointer())
        })
    };
    // SAFETY: the same contract.
    let look = || during(&written, || unsafe { look(files, count) });
    let mask = asked.word();
    let time = Time::at(timeout, Time::of_timespec);
    waiting(time.milliseconds(), Call { wait, look, mask })
}

/// Whether the array has room for so many files. If it has not, the C library ends the program.
fn has_room(count: nfds_t, room: size_t) -> bool {
    room / size_of::<pollfd>() >= count as usize
}

only_shared!(__poll_chk);

/// `poll` with a check of the array's length.
///
/// # Safety
/// As for the function of the C library.
pub(crate) unsafe extern "C" fn __poll_chk(
    files: *mut pollfd,
    count: nfds_t,
    timeout: c_int,
    room: size_t,
) -> c_int {
    if has_room(count, room) {
        // SAFETY: the same contract.
        unsafe { poll(files, count, timeout) }
    } else {
        // SAFETY: the same contract.
        unsafe { next_poll_chk(files, count, timeout, room) }
    }
}

/// `ppoll` with a check of the array's length.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __ppoll_chk(
    files: *mut pollfd,
    count: nfds_t,
    timeout: *const timespec,
    mask: *const sigset_t,
    room: size_t,
) -> c_int {
    if has_room(count, room) {
        // SAFETY: the same contract.
        unsafe { ppoll(files, count, timeout, mask) }
    } else {
        // SAFETY: the same contract.
        unsafe { next_ppoll_chk(files, count, timeout, mask, room) }
    }
}
