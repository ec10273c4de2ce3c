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

/// Before a fork.
pub(super) fn lock() {
    if are_there() {
        call(&LOCK);
    }
}

/// After a fork, in the parent.
pub(super) fn unlock() {
    if are_there() {
        call(&UNLOCK);
    }
}

/// After a fork, in the child, which has one thread. The C library does so too if the parent had more.
pub(super) fn reset() {
    if are_there() {
        call(&RESET);
    }
}
