//! What a system call may write to, whether a thread may sleep in it, and what comes before it then, by its number.

use core::ffi::c_void;
use core::ptr::{with_exposed_provenance, with_exposed_provenance_mut, without_provenance};

use libc::{c_int, c_long};

use crate::ground::machine::only_here;
use crate::unseen::arguments::{by_ioctl, by_ptrace, by_record};
use crate::unseen::futexes::raw::Arguments;
use crate::unseen::waits::{Before, children, files, queues};
use crate::unseen::written::Written;

/// What the call may write to: the objects that its arguments lead to. All it knows of their sizes is that they end where their objects end;
/// what is only read is named in vain.
pub(super) fn written(number: c_long, arguments: Arguments) -> Written {
    let [a, b, c, d, e, f] = arguments;
    let at = without_provenance::<u8>;
    let count = |count: usize| c_int::try_from(count).unwrap_or(c_int::MAX);
    let vector = |parts, many| Written::NOTHING.vector(with_exposed_provenance(parts), count(many));
    match number {
        libc::SYS_read | libc::SYS_pread64 => Written::NOTHING.bytes(at(b), c),
        libc::SYS_readv
        | libc::SYS_preadv
        | libc::SYS_preadv2
        | libc::SYS_process_vm_readv
        | libc::SYS_vmsplice => vector(b, c),
        // A program may write to itself.
        libc::SYS_process_vm_writev => vector(d, e),
        libc::SYS_recvmsg => Written::NOTHING.message(with_exposed_provenance(b)),
        libc::SYS_recvmmsg => Written::NOTHING
            .object(at(e))
            .messages(with_exposed_provenance(b), c),
        libc::SYS_ioctl => by_ioctl(b, c),
        libc::SYS_ptrace => by_ptrace(c, d),
        libc::SYS_bpf => by_record(b),
        _ => [a, b, c, d, e, f]
            .into_iter()
            .fold(Written::NOTHING, |written, argument| {
                written.object(at(argument))
            }),
    }
}

/// Whether a thread may sleep in the call for long.
pub(super) fn sleeps(number: c_long) -> bool {
    matches!(
        number,
        libc::SYS_read
            | libc::SYS_readv
            | libc::SYS_recvfrom
            | libc::SYS_recvmsg
            | libc::SYS_recvmmsg
            | libc::SYS_accept
            | libc::SYS_accept4
            | libc::SYS_wait4
            | libc::SYS_waitid
            | libc::SYS_msgrcv
            | libc::SYS_mq_timedreceive
            | libc::SYS_ppoll
            | libc::SYS_pselect6
            | libc::SYS_epoll_pwait
            | libc::SYS_epoll_pwait2
            | libc::SYS_nanosleep
            | libc::SYS_clock_nanosleep
            | libc::SYS_rt_sigsuspend
            | libc::SYS_rt_sigtimedwait
            | libc::SYS_semop
            | libc::SYS_semtimedop
    ) || only_here::SLEEPS.contains(&number)
}

/// The time before such a call, in a program that has some.
#[cold]
#[inline(never)]
pub(super) fn before(number: c_long, arguments: Arguments) -> Before {
    let [a, b, c, d, e, _] = arguments;
    let file = a as c_int;
    let at = with_exposed_provenance_mut::<c_void>;
    match number {
        libc::SYS_read | libc::SYS_readv => files::read(file, c),
        libc::SYS_accept | libc::SYS_accept4 => files::connected(file),
        libc::SYS_recvfrom | libc::SYS_recvmmsg => files::received(file, d as c_int),
        libc::SYS_recvmsg => files::received(file, c as c_int),
        libc::SYS_wait4 => children::ended(file, at(b).cast(), c as c_int, at(d)),
        libc::SYS_waitid if e == 0 => children::changed(file, b as libc::c_uint, at(c), d as c_int),
        libc::SYS_msgrcv => queues::received(file, at(b), c, d as c_long, e as c_int),
        _ => Before::Call,
    }
}
