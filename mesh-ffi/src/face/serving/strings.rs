//! Copies of strings.

use core::ffi::c_char;

use libc::{size_t, wchar_t};

use crate::face::serving::block::malloc;
use crate::ground::only_shared::only_shared;
use crate::ground::resolved::own;

own!(fn length_up_to = c"strnlen" or libc::strnlen, (string: *const c_char, most: size_t) -> size_t);

/// A block with a copy of `len` bytes at `string` and a zero byte behind; null when there is no memory.
///
/// # Safety
/// So many bytes are there.
unsafe fn copy(string: *const c_char, len: usize) -> *mut c_char {
    let block = malloc(len + 1).cast::<c_char>();
    if !block.is_null() {
        // SAFETY: both have as many bytes, and the block is new.
        unsafe { string.copy_to_nonoverlapping(block, len) };
        // SAFETY: the block has a byte more.
        unsafe { block.wrapping_add(len).write(0) };
    }
    block
}

only_shared!(strdup);

/// `strdup`.
///
/// # Safety
/// `string` is a string.
pub(crate) unsafe extern "C" fn strdup(string: *const c_char) -> *mut c_char {
    // SAFETY: a string (contract).
    let len = unsafe { libc::strlen(string) };
    // SAFETY: it has so many bytes.
    unsafe { copy(string, len) }
}

only_shared!(__strdup);

/// `strdup`, as macros of old headers call it.
///
/// # Safety
/// As for `strdup`.
pub(crate) unsafe extern "C" fn __strdup(string: *const c_char) -> *mut c_char {
    // SAFETY: the same contract.
    unsafe { strdup(string) }
}

only_shared!(strndup);

/// `strndup`.
///
/// # Safety
/// `string` is a string, or has as many bytes.
pub(crate) unsafe extern "C" fn strndup(string: *const c_char, most: size_t) -> *mut c_char {
    // SAFETY: the same contract.
    let len = unsafe { length_up_to(string, most) };
    // SAFETY: it has so many bytes.
    unsafe { copy(string, len) }
}

only_shared!(__strndup);

/// `strndup`, as macros of old headers call it.
///
/// # Safety
/// As for `strndup`.
pub(crate) unsafe extern "C" fn __strndup(string: *const c_char, most: size_t) -> *mut c_char {
    // SAFETY: the same contract.
    unsafe { strndup(string, most) }
}

only_shared!(wcsdup);

/// `wcsdup`.
///
/// # Safety
/// `string` is a wide string.
pub(crate) unsafe extern "C" fn wcsdup(string: *const wchar_t) -> *mut wchar_t {
    let mut len = 0;
    // SAFETY: a wide string, which is read up to its end.
    while unsafe { string.wrapping_add(len).read() } != 0 {
        len += 1;
    }
    let block = malloc((len + 1) * size_of::<wchar_t>()).cast::<wchar_t>();
    if !block.is_null() {
        // SAFETY: both have as many signs, and the block is new.
        unsafe { string.copy_to_nonoverlapping(block, len + 1) };
    }
    block
}
