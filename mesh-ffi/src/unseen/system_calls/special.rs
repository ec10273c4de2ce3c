//! Calls that concern meshing, or in which a thread sleeps.

use arena::os::syscall;
use libc::{c_int, c_long};

use crate::ground::errno;
use crate::unseen::fork::clones::{duplicate, duplicates};
use crate::unseen::rest::{Caller, resting};
use crate::unseen::stop::{Reason, stop};
use crate::unseen::threads::is_futex_wait;

/// What `syscall` does for the numbers of calls that concern meshing, or in which a thread sleeps.
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
    match number {
        libc::SYS_io_setup | libc::SYS_io_uring_setup => stop(Reason::AsynchronousIo),
        libc::SYS_seccomp => stop(Reason::Seccomp),
        _ => {}
    }
    // SAFETY: the same contract.
    let call = || unsafe { syscall(number, [a, b, c, d, e, f]) as c_long };
    // SAFETY: as above.
    let made = if unsafe { duplicates(number, a, b) } {
        duplicate(call).unwrap_or(-c_long::from(libc::EAGAIN))
    } else if number == libc::SYS_futex && is_futex_wait(b) {
        resting(Caller::Anybody, call)
    } else {
        call()
    };
    if made < 0 { failed(made) } else { made }
}

/// Sets `errno` to the error that the kernel returned, negated.
pub(super) extern "C" fn failed(returned: c_long) -> c_long {
    errno::set(-returned as c_int);
    -1
}
