//! What the program wants to happen on a signal.
//!
//! For SIGSEGV and its stand-in the wish is kept (`wishes`), and our handler stays in place. For the others the C library is
//! asked, with a mask that leaves SIGSEGV deliverable.

use libc::{c_int, sigaction as Action, sighandler_t};

use super::handlers::{SIG_HOLD, note_handler};
use super::installed::installed;
use super::mask::{kernel_word, program_word, with};
use super::wish::{Wish, exchange};
use super::wishes::{is_kept, replace};
use crate::ground::errno;
use crate::ground::next::next;
use crate::ground::signal_set::bit;

next!(fn next_sigaction = c"sigaction"(signal: c_int, new: *const Action, old: *mut Action) -> c_int);
next!(fn next_signal = c"signal"(signal: c_int, handler: sighandler_t) -> sighandler_t);
next!(fn next_sysv_signal = c"__sysv_signal"(signal: c_int, handler: sighandler_t) -> sighandler_t);
next!(fn next_sigset = c"sigset"(signal: c_int, handler: sighandler_t) -> sighandler_t);
next!(fn next_siginterrupt = c"siginterrupt"(signal: c_int, interrupt: c_int) -> c_int);

/// A flag that means nothing to the kernel, but is read back.
const SA_INTERRUPT: c_int = 0x2000_0000;

/// `sigaction`: for SIGSEGV the program's wish is kept; the masks of all handlers leave SIGSEGV deliverable.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigaction(signal: c_int, new: *const Action, old: *mut Action) -> c_int {
    // Copied before anything is locked: reading or writing the program's memory may fault.
    // SAFETY: null, or valid for a read (contract).
    let mut wanted = unsafe { Wish::read(new) };
    if let Some(wanted) = &wanted {
        note_handler(signal, wanted.handler, wanted.flags);
    }
    if !installed() {
        // SAFETY: the same contract.
        return unsafe { next_sigaction(signal, new, old) };
    }
    let before = if is_kept(signal) {
        replace(signal, wanted)
    } else {
        if let Some(wanted) = &mut wanted {
            wanted.mask = kernel_word(wanted.mask);
        }
        let Some(mut before) = exchange(signal, wanted.as_ref()) else {
            return -1;
        };
        before.mask = program_word(before.mask);
        before
    };
    // SAFETY: null, or valid for a write (contract).
    unsafe { before.write(old) };
    0
}

/// `sigaction` by the name that the C library uses for itself.
///
/// # Safety
/// As for `sigaction`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __sigaction(signal: c_int, new: *const Action, old: *mut Action) -> c_int {
    // SAFETY: the same contract.
    unsafe { sigaction(signal, new, old) }
}

/// Sets a handler for a signal that is kept here; returns the one before.
fn set_handler(signal: c_int, handler: sighandler_t, flags: c_int, itself: bool) -> sighandler_t {
    if handler == libc::SIG_ERR {
        errno::set(libc::EINVAL);
        return libc::SIG_ERR;
    }
    let mask = if itself { bit(signal) } else { 0 };
    replace(signal, Some(Wish::new(handler, flags, mask))).handler
}

/// `signal`, as BSD and glibc have it: calls are restarted, the handler stays.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signal(signal: c_int, handler: sighandler_t) -> sighandler_t {
    note_handler(signal, handler, 0);
    if is_kept(signal) {
        return set_handler(signal, handler, libc::SA_RESTART, true);
    }
    // SAFETY: the same contract.
    unsafe { next_signal(signal, handler) }
}

/// `bsd_signal`: `signal` by another name.
///
/// # Safety
/// As for `signal`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bsd_signal(number: c_int, handler: sighandler_t) -> sighandler_t {
    // SAFETY: the same contract.
    unsafe { signal(number, handler) }
}

/// `ssignal`: `signal` by another name.
///
/// # Safety
/// As for `signal`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ssignal(number: c_int, handler: sighandler_t) -> sighandler_t {
    // SAFETY: the same contract.
    unsafe { signal(number, handler) }
}

/// `signal` as System V has it, and programs compiled for that: the handler is for one signal, which is not deferred.
///
/// # Safety
/// As for `signal`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __sysv_signal(signal: c_int, handler: sighandler_t) -> sighandler_t {
    note_handler(signal, handler, 0);
    if is_kept(signal) {
        let flags = libc::SA_RESETHAND | libc::SA_NODEFER | SA_INTERRUPT;
        return set_handler(signal, handler, flags, false);
    }
    // SAFETY: the same contract.
    unsafe { next_sysv_signal(signal, handler) }
}

/// `__sysv_signal` by another name.
///
/// # Safety
/// As for `signal`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sysv_signal(signal: c_int, handler: sighandler_t) -> sighandler_t {
    // SAFETY: the same contract.
    unsafe { __sysv_signal(signal, handler) }
}

/// `sigset`: sets a handler and unblocks the signal, or blocks it.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigset(signal: c_int, handler: sighandler_t) -> sighandler_t {
    note_handler(signal, handler, 0);
    if !is_kept(signal) {
        // SAFETY: the same contract.
        return unsafe { next_sigset(signal, handler) };
    }
    let only = with(super::mask::empty(), signal, true);
    let mut blocked = super::mask::empty();
    let (how, before) = if handler == SIG_HOLD {
        (libc::SIG_BLOCK, replace(signal, None).handler)
    } else {
        (libc::SIG_UNBLOCK, set_handler(signal, handler, 0, false))
    };
    if before == libc::SIG_ERR {
        return before;
    }
    // SAFETY: both sets live across the call.
    unsafe { super::mask::sigprocmask(how, &raw const only, &raw mut blocked) };
    if super::mask::has(&blocked, signal) {
        SIG_HOLD
    } else {
        before
    }
}

/// `sigignore`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigignore(signal: c_int) -> c_int {
    let new = Wish::new(libc::SIG_IGN, 0, 0);
    if is_kept(signal) {
        let _ = replace(signal, Some(new));
        return 0;
    }
    if exchange(signal, Some(&new)).is_some() {
        0
    } else {
        -1
    }
}

/// `siginterrupt`: whether the signal's handler interrupts system calls.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn siginterrupt(signal: c_int, interrupt: c_int) -> c_int {
    if !is_kept(signal) {
        // SAFETY: the same contract.
        return unsafe { next_siginterrupt(signal, interrupt) };
    }
    let mut new = replace(signal, None);
    if interrupt == 0 {
        new.flags |= libc::SA_RESTART;
    } else {
        new.flags &= !libc::SA_RESTART;
    }
    let _ = replace(signal, Some(new));
    0
}
