//! Writing to a file of the program's without ending it: what we print may be the byte that is too many for its limit on the
//! size of files, or the one that nobody reads. The signals for that are not sent to a program that did not write itself.

use arena::os::{SignalMask, syscall};
use libc::{c_int, c_long};

use crate::ground::reach::is_filtered;

/// Bytes of a mask, as the kernel has it.
const MASK: usize = size_of::<SignalMask>();

/// Writes `bytes`, or some of them; returns how many, or an error number.
///
/// `errno` stays, and no signal comes of it.
pub(crate) fn write(file: usize, bytes: &[u8]) -> Result<usize, c_int> {
    let before = change(libc::SIG_BLOCK, bit(libc::SIGXFSZ) | bit(libc::SIGPIPE));
    // A filter of the program's may kill for what the program does not call itself: a signal that comes of it is let come then.
    let waited = if is_filtered() { u64::MAX } else { pending() };
    let arguments = [file, bytes.as_ptr().addr(), bytes.len(), 0, 0, 0];
    // SAFETY: the bytes are valid for the call.
    let written = unsafe { call(libc::SYS_write, arguments) };
    let raised = match written {
        Err(libc::EFBIG) => bit(libc::SIGXFSZ),
        Err(libc::EPIPE) => bit(libc::SIGPIPE),
        _ => 0,
    };
    if raised & !waited != 0 {
        take(raised);
    }
    change(libc::SIG_SETMASK, before);
    written
}

/// The set with one signal.
fn bit(signal: c_int) -> u64 {
    1 << (signal - 1)
}

/// Changes this thread's mask; returns what it was.
fn change(how: c_int, mask: u64) -> u64 {
    let mut before = 0_u64;
    let arguments = [
        how as usize,
        (&raw const mask).addr(),
        (&raw mut before).expose_provenance(),
        MASK,
        0,
        0,
    ];
    // SAFETY: both masks live across the call.
    let _ = unsafe { call(libc::SYS_rt_sigprocmask, arguments) };
    before
}

/// The signals that wait for this thread.
fn pending() -> u64 {
    let mut set = 0_u64;
    let arguments = [(&raw mut set).expose_provenance(), MASK, 0, 0, 0, 0];
    // SAFETY: the set lives across the call.
    let _ = unsafe { call(libc::SYS_rt_sigpending, arguments) };
    set
}

/// Takes a signal of `set` that waits, if one does.
fn take(set: u64) {
    let time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let arguments = [
        (&raw const set).addr(),
        0,
        (&raw const time).addr(),
        MASK,
        0,
        0,
    ];
    // SAFETY: the set and the time live across the call.
    let _ = unsafe { call(libc::SYS_rt_sigtimedwait, arguments) };
}

/// Makes a system call; an error number when it fails.
///
/// # Safety
/// As for the call.
unsafe fn call(number: c_long, arguments: [usize; 6]) -> Result<usize, c_int> {
    // SAFETY: the same contract.
    let returned = unsafe { syscall(number, arguments) };
    usize::try_from(returned).map_err(|_| -returned as c_int)
}
