//! Lines of streams.
//!
//! The C library makes the program's block longer as it goes, which is the program's then as before. Only the first one, for
//! which it would ask itself, is made here.

use core::ffi::{c_char, c_int};

use libc::{FILE, size_t, ssize_t};

use crate::face::serving::block::malloc;
use crate::ground::next::next;
use crate::ground::only_shared::only_shared;

next!(fn next_getdelim = c"getdelim"(line: *mut *mut c_char, room: *mut size_t, end: c_int, stream: *mut FILE) -> ssize_t);

/// Bytes of the first block, as in glibc.
const FIRST: usize = 120;

only_shared!(getdelim);

/// `getdelim`.
///
/// # Safety
/// As for the function of the C library.
pub(crate) unsafe extern "C" fn getdelim(
    line: *mut *mut c_char,
    room: *mut size_t,
    end: c_int,
    stream: *mut FILE,
) -> ssize_t {
    // SAFETY: null, or valid (contract).
    let is_missing = !room.is_null() && unsafe { line.as_ref() }.is_some_and(|at| at.is_null());
    if is_missing {
        let block = malloc(FIRST);
        if block.is_null() {
            return -1;
        }
        // SAFETY: valid for a write (contract).
        unsafe { line.write(block.cast()) };
        // SAFETY: not null, so valid for a write (contract).
        unsafe { room.write(FIRST) };
    }
    // SAFETY: the same contract.
    unsafe { next_getdelim(line, room, end, stream) }
}

only_shared!(__getdelim);

/// `getdelim`, as inline functions of old headers call it.
///
/// # Safety
/// As for `getdelim`.
pub(crate) unsafe extern "C" fn __getdelim(
    line: *mut *mut c_char,
    room: *mut size_t,
    end: c_int,
    stream: *mut FILE,
) -> ssize_t {
    // SAFETY: the same contract.
    unsafe { getdelim(line, room, end, stream) }
}

only_shared!(getline);

/// `getline`.
///
/// # Safety
/// As for `getdelim`.
pub(crate) unsafe extern "C" fn getline(
    line: *mut *mut c_char,
    room: *mut size_t,
    stream: *mut FILE,
) -> ssize_t {
    // SAFETY: the same contract.
    unsafe { getdelim(line, room, c_int::from(b'\n'), stream) }
}
