//! Children that end.
//!
//! A child that has ended is taken while signals are blocked: the kernel takes it as well before a handler of SIGCHLD runs, which might
//! take it too.

use core::ffi::c_void;
use core::ptr::null_mut;

use arena::os::syscall;
use libc::{c_int, c_uint};

use crate::ground::errno;
use crate::unseen::hazards::during;
use crate::unseen::signals::Enders;
use crate::unseen::written::Written;

use super::Before;
use super::prelude::{Awaited, is_worthwhile};

/// What looks for a child, without a wait: zero if there is none yet.
fn before(look: &mut dyn FnMut() -> isize) -> Before {
    let mut made = 0;
    let awaited = Awaited {
        is_there: &mut || {
            made = look();
            made != 0
        },
        file: None,
        mask: None,
        enders: Enders::WithoutRestart,
        timeout: -1,
    };
    match awaited.before() {
        Before::Call if made < 0 => {
            errno::set(-made as c_int);
            Before::Made(-1)
        }
        Before::Call if made > 0 => Before::Made(made),
        before => before,
    }
}

/// Before `wait4`.
#[cold]
#[inline(never)]
pub(crate) fn ended(
    process: c_int,
    status: *mut c_int,
    options: c_int,
    usage: *mut c_void,
) -> Before {
    if options & libc::WNOHANG != 0 || !is_worthwhile() {
        return Before::Call;
    }
    let written = Written::NOTHING.object(status).object(usage);
    let arguments = [
        process as usize,
        status.expose_provenance(),
        (options | libc::WNOHANG) as usize,
        usage.expose_provenance(),
        0,
        0,
    ];
    // SAFETY: the program's call, but for the wait.
    let look = || unsafe { syscall(libc::SYS_wait4, arguments) };
    before(&mut || during(&written, look))
}

/// Before `waitid`.
#[cold]
#[inline(never)]
pub(crate) fn changed(kind: c_int, id: c_uint, record: *mut c_void, options: c_int) -> Before {
    if options & libc::WNOHANG != 0 || !is_worthwhile() {
        return Before::Call;
    }
    let options = (options | libc::WNOHANG) as usize;
    let call = |record: *mut c_void, options: usize| {
        let place = record.expose_provenance();
        let arguments = [kind as usize, id as usize, place, options, 0, 0];
        // SAFETY: the program's call, but for the wait; a record of ours lives across it.
        unsafe { syscall(libc::SYS_waitid, arguments) }
    };
    let look = || {
        // The kernel writes zeros where there is none.
        let mut seen = core::mem::MaybeUninit::<libc::siginfo_t>::zeroed();
        let found = call(seen.as_mut_ptr().cast(), options | libc::WNOWAIT as usize);
        // SAFETY: zeros, or what the call wrote.
        if found < 0 || unsafe { seen.assume_init() }.si_signo == 0 {
            return found;
        }
        let written = Written::NOTHING.object(record);
        match during(&written, || call(record, options)) {
            0 => TAKEN,
            error => error,
        }
    };
    match before(&mut { look }) {
        Before::Made(TAKEN) => Before::Made(0),
        before => before,
    }
}

/// A child was found by a call that returns zero.
const TAKEN: isize = 1;

/// Before `wait`.
#[cold]
#[inline(never)]
pub(crate) fn any_ended(status: *mut c_int) -> Before {
    ended(-1, status, 0, null_mut())
}
