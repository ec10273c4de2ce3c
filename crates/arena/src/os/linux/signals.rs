//! The calling thread's signal mask.

use core::mem::MaybeUninit;

use super::call::syscall;
use crate::os::SignalMask;

/// Bytes in the kernel's signal set.
const SIGNAL_SET_SIZE: usize = 8;

/// Blocks all signals but SIGSEGV, which is let in if it `catches_faults` and else stays as it is; returns the mask that there was.
pub(super) fn block(catches_faults: bool) -> SignalMask {
    let blocked = !(1_u64 << (libc::SIGSEGV - 1));
    let how = if catches_faults {
        libc::SIG_SETMASK
    } else {
        libc::SIG_BLOCK
    };
    let mut before = MaybeUninit::<u64>::zeroed();
    let arguments = [
        how as usize,
        &raw const blocked as usize,
        before.as_mut_ptr() as usize,
        SIGNAL_SET_SIZE,
        0,
        0,
    ];
    // SAFETY: both sets live across the call and have the size that it is told.
    let _ = unsafe { syscall(libc::SYS_rt_sigprocmask, arguments) };
    // SAFETY: zeroed at the start, so valid even if the kernel wrote nothing.
    SignalMask(unsafe { before.assume_init() })
}

/// Sets the mask.
pub(super) fn restore(mask: SignalMask) {
    let arguments = [
        libc::SIG_SETMASK as usize,
        &raw const mask.0 as usize,
        0,
        SIGNAL_SET_SIZE,
        0,
        0,
    ];
    // SAFETY: the set lives across the call and has the size that it is told.
    let _ = unsafe { syscall(libc::SYS_rt_sigprocmask, arguments) };
}
