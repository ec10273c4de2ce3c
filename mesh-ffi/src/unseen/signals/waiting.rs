//! Calls that wait for signals.

use arena::SignalMask;
use libc::{c_int, siginfo_t as Info, sigset_t, timespec};

use super::fault::restore;
use super::held::Enders;
use super::installed::installed;
use super::mask::{ForKernel, STAND_IN, empty, has, with};
use crate::ground::errno;
use crate::ground::next::next;
use crate::ground::only_shared::only_shared;
use crate::ground::signal_set::{is_signal, word};
use crate::unseen::rest::Caller;
use crate::unseen::waits::clocks::Left;
use crate::unseen::waits::{signals, waited};

next!(fn next_sigsuspend = c"sigsuspend"(mask: *const sigset_t) -> c_int);
next!(fn next_sigtimedwait = c"sigtimedwait"(set: *const sigset_t, info: *mut Info, time: *const timespec) -> c_int);
next!(fn next_sigwait = c"sigwait"(set: *const sigset_t, signal: *mut c_int) -> c_int);
next!(fn next_pause = c"pause"() -> c_int);

/// `sigsuspend`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigsuspend(mask: *const sigset_t) -> c_int {
    // SAFETY: the same contract.
    let mask = unsafe { ForKernel::new(mask) };
    let before = || signals::handled(mask.word());
    // SAFETY: the mask lives across the call.
    let call = || unsafe { next_sigsuspend(mask.pointer()) };
    waited(Caller::Anybody, before, call)
}

only_shared!(pause);

/// `pause`.
pub(crate) extern "C" fn pause() -> c_int {
    let before = || signals::handled(None);
    // SAFETY: has no preconditions.
    waited(Caller::Anybody, before, || unsafe { next_pause() })
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
    let left = Left::new(time);
    let before = || signals::taken(SignalMask(word(&set)), left.milliseconds(), Enders::All);
    // SAFETY: the set, the information and the time live across the call.
    let call = || unsafe { next_sigtimedwait(&raw const set, found.as_mut_ptr(), left.pointer()) };
    let signal = waited(Caller::Anybody, before, call);
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
        let before = || signals::taken(SignalMask(word(&wanted)), -1, Enders::None);
        // SAFETY: the same contract.
        return waited(Caller::Anybody, before, || unsafe {
            next_sigwait(set, signal)
        });
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
