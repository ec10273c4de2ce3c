//! Printed strings.
//!
//! A function with a list of arguments of any length cannot be written in Rust: those here put the list together as the C
//! compiler would, and go on with the function that takes it.

#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
mod list;

use core::ffi::{c_char, c_int, c_void};

use crate::face::library::hand_over;
use crate::ground::next::next;
use crate::ground::only_shared::only_shared;

use list::listed;

// A list of arguments is passed by its address.
next!(fn next_vasprintf = c"vasprintf"(string: *mut *mut c_char, format: *const c_char, list: *mut c_void) -> c_int);
next!(fn next_vasprintf_checked = c"__vasprintf_chk"(string: *mut *mut c_char, flag: c_int, format: *const c_char, list: *mut c_void) -> c_int);

/// Makes the string that was printed the program's; `printed` is its length, or -1 when there is none.
///
/// # Safety
/// `string` is where the string's address is.
unsafe fn hand_over_printed(string: *mut *mut c_char, printed: c_int) -> c_int {
    if let Ok(len) = usize::try_from(printed) {
        // SAFETY: the function wrote it.
        let made = unsafe { string.read() };
        // SAFETY: new, with the byte that ends it.
        let handed = unsafe { hand_over(made.cast(), len + 1) };
        // SAFETY: valid for a write (contract).
        unsafe { string.write(handed.cast()) };
    }
    printed
}

only_shared!(vasprintf);

/// `vasprintf`.
///
/// # Safety
/// As for the function of the C library.
pub(crate) unsafe extern "C" fn vasprintf(
    string: *mut *mut c_char,
    format: *const c_char,
    list: *mut c_void,
) -> c_int {
    // SAFETY: the same contract.
    let printed = unsafe { next_vasprintf(string, format, list) };
    // SAFETY: the function wrote the address of what it printed, or says that there is none.
    unsafe { hand_over_printed(string, printed) }
}

only_shared!(__vasprintf_chk);

/// `vasprintf`, checked.
///
/// # Safety
/// As for the function of the C library.
pub(crate) unsafe extern "C" fn __vasprintf_chk(
    string: *mut *mut c_char,
    flag: c_int,
    format: *const c_char,
    list: *mut c_void,
) -> c_int {
    // SAFETY: the same contract.
    let printed = unsafe { next_vasprintf_checked(string, flag, format, list) };
    // SAFETY: the function wrote the address of what it printed, or says that there is none.
    unsafe { hand_over_printed(string, printed) }
}

only_shared!(asprintf);

/// `asprintf`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn asprintf() -> c_int {
    listed!(2, vasprintf)
}

only_shared!(__asprintf);

/// `asprintf`, under its other name.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn __asprintf() -> c_int {
    listed!(2, vasprintf)
}

only_shared!(__asprintf_chk);

/// `asprintf`, checked.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn __asprintf_chk() -> c_int {
    listed!(3, __vasprintf_chk)
}
