//! A block for the program, from the allocator whose `free` it calls.
//!
//! A program that exports a `malloc` of its own (Chromium's, mostly) gives back there what the C library allocated for it. So
//! blocks that are made here in the C library's place come from there too.

use core::ffi::c_void;
use core::mem::transmute;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::face::c;
use crate::ground::loaded::Name;
use crate::ground::resolved::in_front;

type Malloc = unsafe extern "C" fn(usize) -> *mut c_void;

/// The `malloc` in front of ours, if there is one.
static FRONT: AtomicPtr<c_void> = AtomicPtr::new(null_mut());

/// Looks whether the program has an allocator of its own. The constructor asks, while there is one thread.
pub(crate) fn find_front() {
    let front = in_front(const { Name::new(c"malloc") });
    // Relaxed: threads are made later.
    FRONT.store(front, Ordering::Relaxed);
}

/// A block of `size` bytes; null when there is no memory.
pub(super) fn malloc(size: usize) -> *mut c_void {
    let front = FRONT.load(Ordering::Relaxed);
    if front.is_null() {
        return c::malloc(size);
    }
    // SAFETY: the loader's tables name it `malloc`, which has this type.
    let front = unsafe { transmute::<*mut c_void, Malloc>(front) };
    // SAFETY: `malloc` may be called with any size.
    unsafe { front(size) }
}
