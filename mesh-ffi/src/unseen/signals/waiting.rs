//! Calls that wait for signals, or that wait for something else under another mask.

use libc::{c_int, epoll_event, nfds_t, pollfd, siginfo_t as Info, sigset_t, timespec};

use super::fault::restore;
use super::installed::installed;
use super::mask::{ForKernel, STAND_IN, empty, has, with};
use crate::ground::errno;
use crate::ground::next::next;
use crate::ground::signal_set::is_signal;
use crate::unseen::hazards::during;
use crate::unseen::written::Written;

next!(fn next_sigsuspend = c"sigsuspend"(mask: *const sigset_t) -> c_int);
next!(fn next_sigtimedwait = c"sigtimedwait"(set: *const sigset_t, info: *mut Info, time: *const timespec) -> c_int);
next!(fn next_sigwait = c"sigwait"(set: *const sigset_t, signal: *mut c_int) -> c_int);
next!(fn next_epoll_pwait2 = c"epoll_pwait2"(set: c_int, events: *mut epoll_event, most: c_int, timeout: *const timespec, mask: *const sigset_t) -> c_int);
next!(fn next_ppoll_chk = c"__ppoll_chk"(files: *mut pollfd, count: nfds_t, timeout: *const timespec, mask: *const sigset_t, room: usize) -> c_int);

/// `sigsuspend`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigsuspend(mask: *const sigset_t) -> c_int {
    // SAFETY: the same contract.
    let mask = unsafe { ForKernel::new(mask) };
    // SAFETY: the mask lives across the call.
    unsafe { next_sigsuspend(mask.pointer()) }
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
    // SAFETY: the same contract.
    let mask = unsafe { ForKernel::new(mask) };
    let written = Written::NOTHING.counted(events, most);
    // SAFETY: the same contract; the mask lives across the call.
    during(&written, || unsafe {
        next_epoll_pwait2(set, events, most, timeout, mask.pointer())
    })
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
    room: usize,
) -> c_int {
    // SAFETY: the same contract.
    let mask = unsafe { ForKernel::new(mask) };
    // SAFETY: the same contract; the mask lives across the call.
    during(&Written::NOTHING.array(files, count as usize), || unsafe {
        next_ppoll_chk(files, count, timeout, mask.pointer(), room)
    })
}

/// The set to wait for: a SIGSEGV may wait as its stand-in.
///
/// # Safety
/// `set` is valid for a read.
unsafe fn awaited(set: *const sigset_t) -> sigset_t {
    // SAFETY: valid for a read (contract).
    let set = unsafe { set.read() };
    if installed() && has(&set, libc::SIGSEGV) {
        with(set, STAND_IN, true)
    } else {
        set
    }
}

/// `sigtimedwait`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigtimedwait(
    set: *const sigset_t,
    info: *mut Info,
    time: *const timespec,
) -> c_int {
    // SAFETY: valid for a read (contract).
    let set = unsafe { awaited(set) };
    let mut found = core::mem::MaybeUninit::<Info>::zeroed();
    // SAFETY: the set and the information live across the call.
    let signal = unsafe { next_sigtimedwait(&raw const set, found.as_mut_ptr(), time) };
    if signal < 0 {
        return signal;
    }
    // SAFETY: zeros are valid for every field, and the call wrote them.
    let mut found = unsafe { found.assume_init() };
    let signal = if restore(&mut found) {
        libc::SIGSEGV
    } else {
        signal
    };
    if !info.is_null() {
        // SAFETY: valid for a write when not null (contract).
        unsafe { info.write(found) };
    }
    signal
}

/// `sigwaitinfo`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigwaitinfo(set: *const sigset_t, info: *mut Info) -> c_int {
    // SAFETY: the same contract; without a time, the wait has no end.
    unsafe { sigtimedwait(set, info, core::ptr::null()) }
}

/// `sigwait`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigwait(set: *const sigset_t, signal: *mut c_int) -> c_int {
    // SAFETY: valid for a read (contract).
    let wanted = unsafe { set.read() };
    if !installed() || !has(&wanted, libc::SIGSEGV) {
        // SAFETY: the same contract.
        return unsafe { next_sigwait(set, signal) };
    }
    errno::preserved(|| {
        loop {
            // SAFETY: the set lives across the call.
            let found = unsafe { sigwaitinfo(&raw const wanted, core::ptr::null_mut()) };
            if found >= 0 {
                // SAFETY: valid for a write (contract).
                unsafe { signal.write(found) };
                return 0;
            }
            if errno::value() != libc::EINTR {
                return errno::value();
            }
        }
    })
}

/// `sigpause`: waits with one signal of the mask let in, as System V and X/Open have it.
#[unsafe(no_mangle)]
pub extern "C" fn __xpg_sigpause(signal: c_int) -> c_int {
    let mut mask = empty();
    // SAFETY: the set lives across the call.
    unsafe {
        super::mask::sigprocmask(libc::SIG_BLOCK, core::ptr::null(), &raw mut mask);
    }
    if !is_signal(signal) {
        errno::set(libc::EINVAL);
        return -1;
    }
    mask = with(mask, signal, false);
    // SAFETY: the mask lives across the call.
    unsafe { sigsuspend(&raw const mask) }
}
