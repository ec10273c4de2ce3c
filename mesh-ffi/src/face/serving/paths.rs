//! Paths.

use core::ffi::c_char;
use core::ptr::{null_mut, with_exposed_provenance_mut};

use libc::size_t;

use super::hand_over_string;
use crate::ground::next::next;
use crate::ground::only_shared::only_shared;
use crate::unseen::hazards::during;
use crate::unseen::written::Written;

next!(fn next_realpath = c"realpath"(path: *const c_char, resolved: *mut c_char) -> usize);
next!(fn next_realpath_checked = c"__realpath_chk"(path: *const c_char, resolved: *mut c_char, there: size_t) -> usize);
next!(fn next_canonical = c"canonicalize_file_name"(path: *const c_char) -> usize);
next!(fn next_getcwd = c"getcwd"(buffer: *mut c_char, len: size_t) -> usize);
next!(fn next_getcwd_checked = c"__getcwd_chk"(buffer: *mut c_char, len: size_t, room: size_t) -> usize);
next!(fn next_current = c"get_current_dir_name"() -> usize);
next!(fn next_tempnam = c"tempnam"(directory: *const c_char, prefix: *const c_char) -> usize);

/// What a function returned that writes to `buffer`, or, if that is null, to a block of `room` bytes, or of as many as it takes.
///
/// # Safety
/// The address of a string, null, or all ones where there is no such function.
unsafe fn answer(buffer: *const c_char, room: usize, address: usize) -> *mut c_char {
    let string = match address {
        usize::MAX => null_mut(),
        address => with_exposed_provenance_mut(address),
    };
    if buffer.is_null() {
        // SAFETY: a new string, or null, in a block of `room` bytes (contract).
        unsafe { hand_over_string(string, room) }
    } else {
        string
    }
}

only_shared!(realpath);

/// `realpath`.
///
/// # Safety
/// As for the function of the C library.
pub(crate) unsafe extern "C" fn realpath(
    path: *const c_char,
    resolved: *mut c_char,
) -> *mut c_char {
    // SAFETY: the same contract.
    let address = unsafe { next_realpath(path, resolved) };
    // SAFETY: what the function returned.
    unsafe { answer(resolved, 0, address) }
}

only_shared!(__realpath_chk);

/// `realpath`, checked.
///
/// # Safety
/// As for the function of the C library.
pub(crate) unsafe extern "C" fn __realpath_chk(
    path: *const c_char,
    resolved: *mut c_char,
    there: size_t,
) -> *mut c_char {
    // SAFETY: the same contract.
    let address = unsafe { next_realpath_checked(path, resolved, there) };
    // SAFETY: what the function returned.
    unsafe { answer(resolved, 0, address) }
}

only_shared!(canonicalize_file_name);

/// `canonicalize_file_name`.
///
/// # Safety
/// As for the function of the C library.
pub(crate) unsafe extern "C" fn canonicalize_file_name(path: *const c_char) -> *mut c_char {
    // SAFETY: the same contract.
    let address = unsafe { next_canonical(path) };
    // SAFETY: what the function returned.
    unsafe { answer(null_mut(), 0, address) }
}

only_shared!(getcwd);

/// `getcwd`.
///
/// # Safety
/// As for the function of the C library.
pub(crate) unsafe extern "C" fn getcwd(buffer: *mut c_char, len: size_t) -> *mut c_char {
    let written = Written::NOTHING.bytes(buffer, len);
    // SAFETY: the same contract.
    let address = during(&written, || unsafe { next_getcwd(buffer, len) });
    // SAFETY: what the function returned.
    unsafe { answer(buffer, len, address) }
}

only_shared!(__getcwd_chk);

/// `getcwd`, checked.
///
/// # Safety
/// As for the function of the C library.
pub(crate) unsafe extern "C" fn __getcwd_chk(
    buffer: *mut c_char,
    len: size_t,
    room: size_t,
) -> *mut c_char {
    let written = Written::NOTHING.bytes(buffer, len);
    // SAFETY: the same contract.
    let address = during(&written, || unsafe {
        next_getcwd_checked(buffer, len, room)
    });
    // SAFETY: what the function returned.
    unsafe { answer(buffer, len, address) }
}

only_shared!(get_current_dir_name);

/// `get_current_dir_name`.
///
/// # Safety
/// As for the function of the C library.
pub(crate) unsafe extern "C" fn get_current_dir_name() -> *mut c_char {
    // SAFETY: the same contract.
    let address = unsafe { next_current() };
    // SAFETY: what the function returned.
    unsafe { answer(null_mut(), 0, address) }
}

only_shared!(tempnam);

/// `tempnam`.
///
/// # Safety
/// As for the function of the C library.
pub(crate) unsafe extern "C" fn tempnam(
    directory: *const c_char,
    prefix: *const c_char,
) -> *mut c_char {
    // SAFETY: the same contract.
    let address = unsafe { next_tempnam(directory, prefix) };
    // SAFETY: what the function returned.
    unsafe { answer(null_mut(), 0, address) }
}
