//! Fork.
//!
//! The C library's own `fork` is in the program by another name. It runs the handlers that were registered, and calls `_Fork`,
//! which is ours.

use core::ffi::c_int;

use arena::os::syscall;

use crate::ground::machine::CHILD_IN_CLONE;
use crate::ground::system;

use super::linked::{fetched, linked};
use super::{StandIn, answer};

/// Where the kernel knows the calling thread's list of robust locks, and where the C library has the thread's number: in front of
/// it. `None` if it is not there.
fn thread_record() -> Option<(usize, usize)> {
    /// Bytes from the number to the list: the number, an unused word, and the list's link backwards.
    const BEFORE_LIST: usize = 16;
    let (mut list, mut len) = (0_usize, 0_usize);
    let (list_at, len_at) = (&raw mut list, &raw mut len);
    let arguments = [
        0,
        list_at.expose_provenance(),
        len_at.expose_provenance(),
        0,
        0,
        0,
    ];
    // SAFETY: room for both words.
    if unsafe { syscall(libc::SYS_get_robust_list, arguments) } != 0 || list == 0 {
        return None;
    }
    let number = core::ptr::with_exposed_provenance::<i32>(list - BEFORE_LIST);
    // SAFETY: the list lies in the C library's record of the thread, of which this is a part.
    let number_there = unsafe { number.read() };
    (number_there == system::thread_number()).then_some((number.addr(), list))
}

/// `_Fork`: the child has its own number in the C library's record, and no robust locks.
extern "C" fn fork_alone() -> c_int {
    let record = thread_record();
    let (number, flags) = match record {
        Some((number, _)) => (
            number,
            libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID,
        ),
        None => (0, 0),
    };
    let mut arguments = [0; 6];
    arguments[0] = (flags | libc::SIGCHLD) as usize;
    arguments[CHILD_IN_CLONE] = number;
    // SAFETY: a fork; the number's place is the C library's for it.
    let made = unsafe { syscall(libc::SYS_clone, arguments) };
    if let (0, Some((_, list))) = (made, record) {
        let first = core::ptr::with_exposed_provenance_mut::<usize>(list);
        // SAFETY: the list's head, which is empty when it leads to itself.
        unsafe { first.write(list) };
        let back = first.wrapping_sub(1);
        // SAFETY: the link backwards lies in front of the head.
        unsafe { back.write(list) };
        // SAFETY: the head has three words.
        let _ = unsafe {
            syscall(
                libc::SYS_set_robust_list,
                [list, 3 * size_of::<usize>(), 0, 0, 0, 0],
            )
        };
    }
    answer(made) as c_int
}

/// All of them.
pub(super) const ALL: &[StandIn] = &[
    StandIn::new(c"_Fork", fork_alone as *const ()),
    StandIn::linked(c"fork", linked!("__libc_fork")),
    StandIn::linked(c"clone", fetched!("__clone")),
    StandIn::linked(c"_IO_list_lock", linked!(public "_IO_list_lock")),
    StandIn::linked(c"_IO_list_unlock", linked!(public "_IO_list_unlock")),
    StandIn::linked(c"_IO_list_resetlock", linked!(public "_IO_list_resetlock")),
    StandIn::linked(
        c"__libc_single_threaded",
        linked!(public "__libc_single_threaded"),
    ),
];
