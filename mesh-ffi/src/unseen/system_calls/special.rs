//! Calls whose arguments concern meshing.

use core::ptr::{with_exposed_provenance, without_provenance};

use arena::os::syscall;
use libc::{c_int, c_long};

use super::writes::{before, sleeps, written};
use crate::ground::errno;
use crate::ground::machine::only_here;
use crate::unseen::asynchronous::keep_submitted;
use crate::unseen::fork::clones::duplicate;
use crate::unseen::fork::wanted::Wanted;
use crate::unseen::futexes::calls;
use crate::unseen::futexes::raw::Arguments;
use crate::unseen::hazards::during;
use crate::unseen::own_thread::absent;
use crate::unseen::pinning::{controlling, having_property, is_lasting, is_unusual, locking_all};
use crate::unseen::registered;
use crate::unseen::rest::Caller;
use crate::unseen::stop::{Reason, stop_if};
use crate::unseen::waits::waited;

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
    let made = match number {
        libc::SYS_futex => calls::futex(arguments),
        libc::SYS_clone | libc::SYS_clone3 => duplicating(number, arguments),
        _ if only_here::FORKS.contains(&number) => duplicating(number, arguments),
        calls::FUTEX_WAITV | calls::FUTEX_WAKE..=calls::FUTEX_REQUEUE => {
            calls::newer(number, arguments)
        }
        libc::SYS_unshare | libc::SYS_setns => absent(|| call(number, arguments)),
        _ if lasts(number) => lasting(number, arguments),
        _ => naming(number, arguments),
    };
    if made < 0 {
        failed(made as c_long)
    } else {
        made as c_long
    }
}

/// Makes the program's system call.
fn call(number: c_long, arguments: Arguments) -> isize {
    // SAFETY: the program's call, with its arguments; what it may write to is the program's to say.
    unsafe { syscall(number, arguments) }
}

/// Whether something stays after the call that concerns meshing.
fn lasts(number: c_long) -> bool {
    matches!(
        number,
        libc::SYS_set_tid_address
            | libc::SYS_rseq
            | libc::SYS_set_robust_list
            | libc::SYS_io_setup
            | libc::SYS_io_submit
            | libc::SYS_io_uring_setup
            | libc::SYS_io_uring_register
            | libc::SYS_io_uring_enter
            | libc::SYS_mlockall
            | libc::SYS_seccomp
            | libc::SYS_prctl
            | libc::SYS_mlock
            | libc::SYS_mlock2
            | libc::SYS_mprotect
            | libc::SYS_pkey_mprotect
            | libc::SYS_madvise
            | libc::SYS_mbind
            | MSEAL
    )
}

/// Makes a call of which something stays.
#[inline(never)]
fn lasting(number: c_long, arguments: Arguments) -> isize {
    let [a, b, c, d, e, _] = arguments;
    let call = || call(number, arguments);
    match number {
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
            || naming(number, arguments),
        ),
        libc::SYS_io_uring_enter if b > 0 => stop_if(
            Reason::AsynchronousIo,
            |made| made >= 0,
            || naming(number, arguments),
        ),
        libc::SYS_mlockall => locking_all(a as c_int, |made| made == 0, call),
        libc::SYS_seccomp if a <= libc::SECCOMP_SET_MODE_FILTER as usize => {
            stop_if(Reason::Seccomp, |made| is_filtered(b, made), call)
        }
        libc::SYS_prctl => controlling(a as c_int, [b, c, d, e], failure, call),
        libc::SYS_seccomp | libc::SYS_io_uring_enter => naming(number, arguments),
        _ => {
            let lasts = match number {
                libc::SYS_mprotect => is_unusual(c as c_int),
                libc::SYS_madvise => is_lasting(c as c_int),
                _ => true,
            };
            having_property(lasts, without_provenance(a), b, failure, call)
        }
    }
}

/// Makes a call while the objects that it may write to are published.
#[inline(never)]
fn naming(number: c_long, arguments: Arguments) -> isize {
    let written = written(number, arguments);
    let call = || during(&written, || call(number, arguments));
    if !sleeps(number) {
        return call();
    }
    let before = || before(number, arguments);
    let mut is_made = false;
    let result = waited(Caller::Anybody, before, || {
        is_made = true;
        call()
    });
    // What was found before the call is told as functions of the C library tell it.
    if result == -1 && !is_made {
        -(errno::value() as isize)
    } else {
        result
    }
}

/// Makes a call that clones, and duplicates the process.
#[inline(never)]
fn duplicating(number: c_long, arguments: Arguments) -> isize {
    let wanted = Wanted::of(number, arguments).unwrap_or_default();
    registered::words_of_clone(&wanted);
    let made = during(&wanted.written(), || duplicate(|| call(number, arguments)));
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
