//! Ways to duplicate the process that call no fork handlers: `_Fork`, `clone`, and the system calls.

use core::ffi::c_void;

use libc::{c_int, pid_t};

use super::machine::{Way, leave_child, leave_parent, prepare, reserve};
use crate::ground::errno;
use crate::ground::next::next;
use crate::unseen::fork::wanted::Wanted;
use crate::unseen::hazards::during;
use crate::unseen::registered::words_of_clone;

next!(fn next_fork_alone = c"_Fork"() -> pid_t);
next!(fn next_clone = c"clone"(start: Option<Start>, stack: *mut c_void, flags: c_int, argument: *mut c_void, parent: *mut pid_t, thread: *mut c_void, child: *mut pid_t) -> c_int);

/// What a clone runs.
type Start = extern "C" fn(*mut c_void) -> c_int;

/// Runs `clone`, a way to duplicate the process that calls no handlers, between our steps. It returns zero in the child.
/// `None` when there is no room for the child's copies of meshed spans.
pub(crate) fn duplicate<T: PartialEq + Default>(clone: impl FnOnce() -> T) -> Option<T> {
    reserve().ok()?;
    prepare(Way::Bare);
    let result = clone();
    if result == T::default() {
        leave_child();
    } else {
        leave_parent();
    }
    Some(result)
}

/// `_Fork`; EAGAIN when there is no room for the child's copies of meshed spans.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _Fork() -> pid_t {
    // SAFETY: the same contract.
    let child = duplicate(|| unsafe { next_fork_alone() });
    child.unwrap_or_else(|| {
        errno::set(libc::EAGAIN);
        -1
    })
}

/// What the child of a `clone` with a memory of its own begins with.
struct Begin {
    start: Start,
    argument: *mut c_void,
    wanted: Wanted,
}

/// Runs in the child, on its stack.
extern "C" fn begin(begin: *mut c_void) -> c_int {
    // SAFETY: `clone` below passes one, in a frame that the child has a copy of.
    let Begin {
        start,
        argument,
        wanted,
    } = unsafe { begin.cast::<Begin>().read() };
    leave_child();
    wanted.write_number();
    start(argument)
}

/// `clone`. With a memory of its own the child is that of a fork. The last three arguments need not be there: then what
/// lies in their places is passed on, and ignored.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clone(
    start: Option<Start>,
    stack: *mut c_void,
    flags: c_int,
    argument: *mut c_void,
    parent: *mut pid_t,
    thread: *mut c_void,
    child: *mut pid_t,
) -> c_int {
    let wanted = Wanted::by_clone(flags, parent.addr(), child.addr());
    words_of_clone(&wanted);
    let start = match start {
        Some(start) if flags & libc::CLONE_VM == 0 => start,
        // SAFETY: the same contract.
        _ => return unsafe { next_clone(start, stack, flags, argument, parent, thread, child) },
    };
    let mut first = Begin {
        start,
        argument,
        wanted,
    };
    let first = (&raw mut first).cast();
    // SAFETY: the same contract; the child calls the function that was asked for.
    let call = || unsafe { next_clone(Some(begin), stack, flags, first, parent, thread, child) };
    let made = during(&wanted.written(), || duplicate(call));
    made.unwrap_or_else(|| {
        errno::set(libc::EAGAIN);
        -1
    })
}
