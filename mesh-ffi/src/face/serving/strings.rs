//! Copies of strings.

use core::ffi::c_char;

use libc::{size_t, wchar_t};

use crate::face::c::malloc;
use crate::face::library::hand_over;
use crate::ground::next::next;

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

/// `strdup`.
///
/// # Safety
/// `string` is a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strdup(string: *const c_char) -> *mut c_char {
    // SAFETY: a string (contract).
    let len = unsafe { libc::strlen(string) };
    // SAFETY: it has so many bytes.
    unsafe { copy(string, len) }
}

/// `strdup`, as macros of old headers call it.
///
/// # Safety
/// As for `strdup`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __strdup(string: *const c_char) -> *mut c_char {
    // SAFETY: the same contract.
    unsafe { strdup(string) }
}

/// `strndup`.
///
/// # Safety
/// `string` is a string, or has as many bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strndup(string: *const c_char, most: size_t) -> *mut c_char {
    // SAFETY: the same contract.
    let len = unsafe { libc::strnlen(string, most) };
    // SAFETY: it has so many bytes.
    unsafe { copy(string, len) }
}

/// `strndup`, as macros of old headers call it.
///
/// # Safety
/// As for `strndup`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __strndup(string: *const c_char, most: size_t) -> *mut c_char {
    // SAFETY: the same contract.
    unsafe { strndup(string, most) }
}

next!(fn next_wcsdup = c"wcsdup"(string: *const wchar_t) -> usize);

/// `wcsdup`.
///
/// # Safety
/// `string` is a wide string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcsdup(string: *const wchar_t) -> *mut wchar_t {
    // SAFETY: the same contract.
    let address = unsafe { next_wcsdup(string) };
    let made = core::ptr::with_exposed_provenance_mut::<wchar_t>(address);
    if made.is_null() || address == !0 {
        return core::ptr::null_mut();
    }
    let mut len = 0;
    // SAFETY: a wide string, which is read up to its end.
    while unsafe { made.wrapping_add(len).read() } != 0 {
        len += 1;
    }
    // SAFETY: new, and as long.
    unsafe { hand_over(made.cast(), (len + 1) * size_of::<wchar_t>()) }.cast()
}
