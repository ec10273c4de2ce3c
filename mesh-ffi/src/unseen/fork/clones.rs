//! Ways to duplicate the process that call no fork handlers: `_Fork`, `clone`, and the system calls.

use core::ffi::c_void;

use libc::{c_int, c_long, pid_t};

use super::steps::finish_child_of_clone;

pub(crate) use super::steps::duplicate;
use crate::ground::errno;
use crate::ground::next::next;

next!(fn next_fork_alone = c"_Fork"() -> pid_t);
next!(fn next_clone = c"clone"(start: Option<Start>, stack: *mut c_void, flags: c_int, argument: *mut c_void, parent: *mut pid_t, thread: *mut c_void, child: *mut pid_t) -> c_int);

/// What a clone runs.
type Start = extern "C" fn(*mut c_void) -> c_int;

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
}

/// Runs in the child, on its stack.
extern "C" fn begin(begin: *mut c_void) -> c_int {
    // SAFETY: `clone` below passes one, in a frame that the child has a copy of.
    let Begin { start, argument } = unsafe { begin.cast::<Begin>().read() };
    finish_child_of_clone();
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
    let start = match start {
        Some(start) if flags & libc::CLONE_VM == 0 => start,
        // SAFETY: the same contract.
        _ => return unsafe { next_clone(start, stack, flags, argument, parent, thread, child) },
    };
    let mut first = Begin { start, argument };
    let first = (&raw mut first).cast();
    // SAFETY: the same contract; the child calls the function that was asked for.
    let made = duplicate(|| unsafe {
        next_clone(Some(begin), stack, flags, first, parent, thread, child)
    });
    made.unwrap_or_else(|| {
        errno::set(libc::EAGAIN);
        -1
    })
}

/// The first words of what `clone3` takes.
#[repr(C)]
struct Clone3 {
    flags: u64,
    between: [u64; 4],
    stack: u64,
}

/// Whether a system call makes a process with a memory of its own that goes on with this code, on a copy of this stack.
///
/// # Safety
/// The arguments are those of `number`.
pub(crate) unsafe fn duplicates(number: c_long, first: usize, second: usize) -> bool {
    let (flags, stack) = match number {
        libc::SYS_fork => return true,
        libc::SYS_clone => (first, second),
        libc::SYS_clone3 if second >= size_of::<Clone3>() && first != 0 => {
            // SAFETY: the program passes at least so many bytes to the kernel.
            let wanted = unsafe { &*core::ptr::with_exposed_provenance::<Clone3>(first) };
            (wanted.flags as usize, wanted.stack as usize)
        }
        _ => return false,
    };
    flags & libc::CLONE_VM as usize == 0 && stack == 0
}
