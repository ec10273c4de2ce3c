//! What the C library calls around its `fork`.
//!
//! It calls the handlers before a fork last come, first served; ours are to be the last of them, since a program's own may use
//! the heap. So they are registered before those of anybody else.

use core::ffi::c_void;
use core::sync::atomic::{AtomicBool, Ordering};

use libc::c_int;

use super::machine::{Way, leave_child, leave_parent, prepare};
use crate::ground::alone::is_alone;
use crate::ground::next::next;
use crate::ground::only_shared::only_shared;

type Handler = Option<unsafe extern "C" fn()>;

next!(fn next_register = c"__register_atfork" (before: Handler, after: Handler, in_child: Handler, object: *mut c_void) -> c_int);

only_shared!(__register_atfork);

/// `pthread_atfork`, which is linked into each object and calls this.
///
/// # Safety
/// As for the function of the C library.
pub(crate) unsafe extern "C" fn __register_atfork(
    before: Handler,
    after: Handler,
    in_child: Handler,
    object: *mut c_void,
) -> c_int {
    // Refused, `fork` will try again.
    let _ = register();
    // SAFETY: the same contract.
    unsafe { next_register(before, after, in_child, object) }
}

/// Registers the fork handlers; says whether the C library has them.
pub(crate) fn register() -> bool {
    static REGISTERED: AtomicBool = AtomicBool::new(false);
    static BEGUN: AtomicBool = AtomicBool::new(false);
    // A static program's `fork` ends in our `_Fork`, and needs none.
    if REGISTERED.load(Ordering::Acquire) || is_alone() {
        return true;
    }
    if BEGUN.swap(true, Ordering::Relaxed) {
        return false;
    }
    // SAFETY: the handlers are functions of this library, which is never unloaded, so no object stands for them.
    let refused = unsafe {
        next_register(
            Some(before),
            Some(after),
            Some(after_in_child),
            core::ptr::null_mut(),
        )
    } != 0;
    REGISTERED.store(!refused, Ordering::Release);
    BEGUN.store(!refused, Ordering::Relaxed);
    !refused
}

extern "C" fn before() {
    prepare(Way::Fork);
}

extern "C" fn after() {
    leave_parent();
}

extern "C" fn after_in_child() {
    leave_child();
}
