//! The functions by which the C library and the loader allocate for themselves, once they are repointed: what they get is
//! kept apart. `free` is that of everybody.
//!
//! A block of the program's stays the program's when the C library makes it longer (`getline`). A block that is made shorter is
//! about to be handed to the program (`scanf` with `%ms`), and becomes the program's.

use core::ffi::c_void;
use core::ptr::null_mut;

use heap::ClassMap;
use miniheap::SpanClasses;

use crate::face::c::{self, calloc_for, malloc_for};
use crate::ground::apart::{Library, class_apart};

/// `malloc`.
pub(crate) extern "C" fn malloc(size: usize) -> *mut c_void {
    malloc_for::<Library>(size)
}

/// `calloc`.
pub(crate) extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    calloc_for::<Library>(count, size)
}

/// `realloc`.
///
/// # Safety
/// As for `realloc`.
pub(crate) unsafe extern "C" fn realloc(object: *mut c_void, size: usize) -> *mut c_void {
    if object.is_null() {
        return malloc(size);
    }
    if size == 0 {
        // SAFETY: the caller gives the object up.
        unsafe { c::free(object) };
        return null_mut();
    }
    let Some(class) = class_apart(object) else {
        // SAFETY: the same contract.
        return unsafe { c::realloc(object, size) };
    };
    let wanted = SpanClasses::class_of_apart(size);
    if wanted == Some(class) {
        return object;
    }
    let room = SpanClasses::object_size(class);
    if size > room {
        // SAFETY: the same contract; the object has `room` bytes.
        unsafe { moved(object, malloc(size), room) }
    } else {
        // SAFETY: the object is live (contract), and has `size` bytes.
        unsafe { hand_over(object, size) }
    }
}

/// Makes the object at `object`, if it is kept apart, one of the program's of `size` bytes, at another address; when there is no
/// memory it stays what it is.
///
/// # Safety
/// The object has as many bytes. The caller uses only what is returned.
pub(super) unsafe fn hand_over(object: *mut c_void, size: usize) -> *mut c_void {
    if class_apart(object).is_none() {
        return object;
    }
    // SAFETY: the same contract.
    let new = unsafe { moved(object, c::malloc(size), size) };
    if new.is_null() { object } else { new }
}

/// Copies the first `len` bytes of `object` to `new`, unless that is null, and takes `object` back.
///
/// # Safety
/// Both have so many bytes and do not overlap; the caller uses only what is returned, if something is.
unsafe fn moved(object: *mut c_void, new: *mut c_void, len: usize) -> *mut c_void {
    if !new.is_null() {
        let (from, to) = (object.cast::<u8>(), new.cast::<u8>());
        // SAFETY: both have as many bytes, and they do not overlap (contract).
        unsafe { from.copy_to_nonoverlapping(to, len) };
        // SAFETY: the caller gives the old one up.
        unsafe { c::free(object) };
    }
    new
}
