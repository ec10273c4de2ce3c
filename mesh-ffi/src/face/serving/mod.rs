//! Functions of the C library that serve the program with blocks which it keeps: these are the program's, and may be meshed.
//!
//! What the C library allocates is kept apart, by whomever it was called. So the function is called, and the block that it
//! returns is copied into one of the program's; or what it does is done here. A program mostly has few blocks from other
//! functions (`getaddrinfo`, `glob`, `regcomp`, `tsearch`, `setenv`, `argz_add`, …): they stay apart.

mod block;
mod directories;
mod lines;
mod paths;
mod printed;
mod strings;

use core::ffi::{CStr, c_char};

use crate::face::library::hand_over;

pub(crate) use block::find_front;

/// Makes a string that the C library allocated, unless it is null, one of the program's, in a block of `room` bytes at least.
///
/// # Safety
/// A string that nobody else uses, in a block of as many bytes, or null.
unsafe fn hand_over_string(string: *mut c_char, room: usize) -> *mut c_char {
    if string.is_null() {
        return string;
    }
    // SAFETY: a string (contract).
    let len = unsafe { CStr::from_ptr(string) }.count_bytes() + 1;
    // SAFETY: nobody else uses it (contract); it has so many bytes.
    unsafe { hand_over(string.cast(), len.max(room)) }.cast()
}
