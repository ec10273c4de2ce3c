//! Message queues.

use core::ffi::{c_long, c_void};

use arena::os::syscall;
use libc::{c_int, timespec};

use crate::ground::errno;
use crate::unseen::hazards::during;
use crate::unseen::signals::Enders;
use crate::unseen::written::Written;

use super::Before;
use super::clocks::until;
use super::files;
use super::prelude::{Awaited, is_worthwhile};

/// Before `msgrcv`, which a handler always ends.
#[cold]
#[inline(never)]
pub(crate) fn received(
    queue: c_int,
    message: *mut c_void,
    len: usize,
    kind: c_long,
    flags: c_int,
) -> Before {
    if flags & libc::IPC_NOWAIT != 0 || !is_worthwhile() {
        return Before::Call;
    }
    let bytes = len.saturating_add(size_of::<c_long>());
    let written = Written::NOTHING.bytes(message, bytes);
    let arguments = [
        queue as usize,
        message.expose_provenance(),
        len,
        kind as usize,
        (flags | libc::IPC_NOWAIT) as usize,
        0,
    ];
    // SAFETY: the program's call, but for the wait.
    let look = || unsafe { syscall(libc::SYS_msgrcv, arguments) };
    let mut made = NONE;
    let awaited = Awaited {
        is_there: &mut || {
            made = during(&written, look);
            made != NONE
        },
        file: None,
        mask: None,
        enders: Enders::All,
        timeout: -1,
    };
    match awaited.before() {
        Before::Call if made >= 0 => Before::Made(made),
        Before::Call if made != NONE => {
            errno::set(-made as c_int);
            Before::Made(-1)
        }
        before => before,
    }
}

/// No message is there.
const NONE: isize = -(libc::ENOMSG as isize);

/// Before `mq_timedreceive`: a queue is a file.
#[cold]
#[inline(never)]
pub(crate) fn received_until(queue: c_int, time: *const c_void) -> Before {
    match until(libc::CLOCK_REALTIME, time.cast::<timespec>()) {
        Some(-1) => files::read(queue, 1),
        None | Some(_) => Before::Call,
    }
}
