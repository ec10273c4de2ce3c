//! The C library's lock of its list of files, which comes before ours.
//!
//! A thread that has that lock may allocate, and may write to a `FILE`, which lies in the heap. The C library's `fork` takes
//! it after the handlers' `prepare`, when ours are taken: so `prepare` takes it first. It may be taken again by the same thread.

use crate::ground::next::Next;

#[unsafe(link_section = "mesh_next")]
static LOCK: Next = Next::new(c"_IO_list_lock");
#[unsafe(link_section = "mesh_next")]
static UNLOCK: Next = Next::new(c"_IO_list_unlock");
#[unsafe(link_section = "mesh_next")]
static RESET: Next = Next::new(c"_IO_list_resetlock");

/// Calls a function of the C library that takes and returns nothing, if it is there.
fn call(function: &Next) {
    let address = function.address();
    if !address.is_null() {
        // SAFETY: the functions above are of this type.
        let function =
            unsafe { core::mem::transmute::<*mut core::ffi::c_void, extern "C" fn()>(address) };
        function();
    }
}

/// Looks the functions up while that may still allocate. Says whether all are there.
fn are_there() -> bool {
    [&LOCK, &UNLOCK, &RESET]
        .iter()
        .all(|function| !function.address().is_null())
}

/// Before a fork; says whether it is locked. To be called with signals blocked: who is interrupted while he takes it, or opens it,
/// seems to be another thread to his own handler.
///
/// Not for a process with one thread: the C library does not take it there either, and a handler may have interrupted who has it.
pub(super) fn lock() -> bool {
    let there = are_there();
    if there {
        call(&LOCK);
    }
    there
}

/// After a fork, in the parent.
pub(super) fn unlock() {
    call(&UNLOCK);
}

/// After a fork, in the child, which has one thread. The C library does so too if the parent had more.
pub(super) fn reset() {
    call(&RESET);
}
