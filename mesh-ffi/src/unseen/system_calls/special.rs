//! Calls whose arguments concern meshing.

use core::ptr::{with_exposed_provenance, without_provenance};

use arena::os::syscall;
use libc::{c_int, c_long};

use super::writes::{sleeps, written};
use crate::ground::errno;
use crate::unseen::asynchronous::keep_submitted;
use crate::unseen::fork::clones::duplicate;
use crate::unseen::fork::wanted::Wanted;
use crate::unseen::futexes::calls;
use crate::unseen::futexes::raw::Arguments;
use crate::unseen::hazards::during;
use crate::unseen::pinning::{controlling, pinned};
use crate::unseen::registered;
use crate::unseen::rest::{Caller, resting_if};
use crate::unseen::stop::{Reason, stop_if};

/// `mseal`.
const MSEAL: c_long = 462;

/// What `syscall` does for all numbers but those of plain calls.
///
/// # Safety
/// As for `syscall`.
pub(super) unsafe extern "C" fn special_system_call(
    number: c_long,
    a: usize,
    b: usize,
    c: usize,
    d: usize,
    e: usize,
    f: usize,
) -> c_long {
    let arguments = [a, b, c, d, e, f];
    // SAFETY: the same contract.
    let call = || unsafe { syscall(number, arguments) };
    let made = match number {
        libc::SYS_clone | libc::SYS_clone3 | libc::SYS_fork => duplicating(number, arguments, call),
        libc::SYS_futex => calls::futex(arguments),
        calls::FUTEX_WAITV..=calls::FUTEX_WAITV | calls::FUTEX_WAKE..=calls::FUTEX_REQUEUE => {
            calls::newer(number, arguments)
        }
        libc::SYS_set_tid_address => {
            registered::thread_word(a);
            call()
        }
        libc::SYS_rseq => registered::rseq(a, c, call),
        libc::SYS_set_robust_list => registered::robust_list(call),
        libc::SYS_io_submit => {
            keep_submitted(with_exposed_provenance(c), b);
            call()
        }
        // Requests are in memory that nobody knows the place of.
        libc::SYS_io_uring_setup | libc::SYS_io_uring_register => stop_if(
            Reason::AsynchronousIo,
            |made| made >= 0,
            || naming(number, arguments, call),
        ),
        libc::SYS_io_uring_enter if b > 0 => stop_if(
            Reason::AsynchronousIo,
            |made| made >= 0,
            || naming(number, arguments, call),
        ),
        libc::SYS_mlockall => stop_if(Reason::LockedMemory, |made| made == 0, call),
        libc::SYS_seccomp if a <= libc::SECCOMP_SET_MODE_FILTER as usize => {
            stop_if(Reason::Seccomp, |made| is_filtered(b, made), call)
        }
        libc::SYS_prctl => controlling(a as c_int, [b, c, d, e], failure, call),
        libc::SYS_mlock
        | libc::SYS_mlock2
        | libc::SYS_mprotect
        | libc::SYS_pkey_mprotect
        | libc::SYS_madvise
        | libc::SYS_mbind
        | MSEAL => pinned(without_provenance(a), b, failure, call),
        _ => naming(number, arguments, call),
    };
    if made < 0 {
        failed(made as c_long)
    } else {
        made as c_long
    }
}

/// Makes the `call` while the objects that it may write to are published.
fn naming(number: c_long, arguments: Arguments, call: impl FnOnce() -> isize) -> isize {
    let written = written(number, arguments);
    resting_if(sleeps(number), Caller::Anybody, || during(&written, call))
}

/// Makes the `call`, which clones, and duplicates the process.
fn duplicating(number: c_long, arguments: Arguments, call: impl FnOnce() -> isize) -> isize {
    let wanted = Wanted::of(number, arguments).unwrap_or_default();
    registered::words_of_clone(&wanted);
    let made = during(&wanted.written(), || duplicate(call));
    if made == Some(0) {
        wanted.write_number();
    }
    made.unwrap_or(-(libc::EAGAIN as isize))
}

/// Whether a call that clones is to be made by [`special_system_call`], since it duplicates the process. Any other is made where nothing of ours
/// is on the stack: the child may have one of its own, or share this one.
pub(super) extern "C" fn prepare_clone(
    number: c_long,
    a: usize,
    b: usize,
    c: usize,
    d: usize,
    e: usize,
) -> bool {
    let Some(wanted) = Wanted::of(number, [a, b, c, d, e, 0]) else {
        return false;
    };
    if !wanted.duplicates() {
        registered::words_of_clone(&wanted);
    }
    wanted.duplicates()
}

/// Whether a filter has been installed with `flags`. A positive result is a descriptor, or the thread that would not have it.
fn is_filtered(flags: usize, made: isize) -> bool {
    made == 0 || made > 0 && flags & libc::SECCOMP_FILTER_FLAG_NEW_LISTENER as usize != 0
}

/// The error of a system call, if it failed.
fn failure(made: isize) -> Option<c_int> {
    (made < 0).then_some(-made as c_int)
}

/// Sets `errno` to the error that the kernel returned, negated.
pub(super) extern "C" fn failed(returned: c_long) -> c_long {
    errno::set(-returned as c_int);
    -1
}
