//! System calls of our own, for what the C library has functions for: a program may export a function of the same name, and
//! what it does there (allocate, say) is none of ours. None of these touches `errno`.

use arena::os::syscall;
use core::ptr::{null, null_mut};
use libc::{c_int, c_long, pid_t};

/// The kernel's size of a mask: one word.
const MASK: usize = size_of::<u64>();

/// Makes a call whose arguments are plain numbers, and which writes nowhere.
fn plain(number: c_long, first: usize, second: usize, third: usize) -> isize {
    // SAFETY: no argument of the calls below is an address that is written to.
    unsafe { syscall(number, [first, second, third, 0, 0, 0]) }
}

/// `getpid`.
pub(crate) fn process_number() -> pid_t {
    plain(libc::SYS_getpid, 0, 0, 0) as pid_t
}

/// `gettid`.
pub(crate) fn thread_number() -> pid_t {
    plain(libc::SYS_gettid, 0, 0, 0) as pid_t
}

/// `sched_yield`.
pub(crate) fn yield_now() {
    let _ = plain(libc::SYS_sched_yield, 0, 0, 0);
}

/// Sends the calling thread a signal.
pub(crate) fn raise(signal: c_int) {
    let (process, thread) = (process_number() as usize, thread_number() as usize);
    let _ = plain(libc::SYS_tgkill, process, thread, signal as usize);
}

/// Whether the thread has an alternate stack for signals, and does not run on it: so it is in no handler that wants one. A handler
/// that made the kernel forget the stack (`SS_AUTODISARM`) is one that has none.
pub(crate) fn is_off_alternate_stack() -> bool {
    let mut stack = libc::stack_t {
        ss_sp: null_mut(),
        ss_flags: libc::SS_DISABLE,
        ss_size: 0,
    };
    let asked = [0, (&raw mut stack).expose_provenance(), 0, 0, 0, 0];
    // SAFETY: room for the answer.
    let failed = unsafe { syscall(libc::SYS_sigaltstack, asked) } != 0;
    !failed && stack.ss_flags & (libc::SS_ONSTACK | libc::SS_DISABLE) == 0
}

/// `_exit`.
pub(crate) fn exit(status: c_int) -> ! {
    loop {
        let _ = plain(libc::SYS_exit_group, status as usize, 0, 0);
    }
}

/// The kernel's `struct sigaction`.
#[repr(C)]
struct Action {
    handler: usize,
    flags: usize,
    restorer: usize,
    mask: u64,
}

/// `abort`: SIGABRT, for which the program may have a handler; and the end if that returns.
pub(crate) fn abort() -> ! {
    let signal = libc::SIGABRT as usize;
    let only: u64 = 1 << (signal - 1);
    let mask = [
        libc::SIG_UNBLOCK as usize,
        (&raw const only).expose_provenance(),
        null::<u64>().expose_provenance(),
        MASK,
        0,
        0,
    ];
    // SAFETY: the mask lives across the call.
    let _ = unsafe { syscall(libc::SYS_rt_sigprocmask, mask) };
    raise(libc::SIGABRT);
    let default = Action {
        handler: libc::SIG_DFL,
        flags: 0,
        restorer: 0,
        mask: 0,
    };
    let action = [
        signal,
        (&raw const default).expose_provenance(),
        0,
        MASK,
        0,
        0,
    ];
    // SAFETY: the action lives across the call.
    let _ = unsafe { syscall(libc::SYS_rt_sigaction, action) };
    raise(libc::SIGABRT);
    exit(127)
}
