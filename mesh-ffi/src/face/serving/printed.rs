//! Printed strings.
//!
//! A function with a list of arguments of any length cannot be written in Rust: those here put the list together as the C
//! compiler would, and go on with the function that takes it.

use core::ffi::{c_char, c_int, c_void};

use crate::face::library::hand_over;
use crate::ground::next::next;
use crate::ground::only_shared::only_shared;

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

#[cfg(target_arch = "x86_64")]
mod variadic {
    use core::arch::naked_asm;
    use core::ffi::c_int;

    use super::{__vasprintf_chk, vasprintf};

    // The frame: the six registers of numbers and the eight of floating point, in their order, then the list: how far of each
    // of the two is taken, where the arguments on the stack are, and where the registers are saved.
    macro_rules! listed {
        ($named:literal, $list:literal, $function:path) => {
            naked_asm!(
                ".cfi_startproc",
                "sub rsp, 216",
                ".cfi_adjust_cfa_offset 216",
                "mov [rsp + 16], rdx",
                "mov [rsp + 24], rcx",
                "mov [rsp + 32], r8",
                "mov [rsp + 40], r9",
                "test al, al",
                "je 2f",
                "movaps [rsp + 48], xmm0",
                "movaps [rsp + 64], xmm1",
                "movaps [rsp + 80], xmm2",
                "movaps [rsp + 96], xmm3",
                "movaps [rsp + 112], xmm4",
                "movaps [rsp + 128], xmm5",
                "movaps [rsp + 144], xmm6",
                "movaps [rsp + 160], xmm7",
                "2:",
                concat!("mov dword ptr [rsp + 176], ", $named),
                "mov dword ptr [rsp + 180], 48",
                "lea rax, [rsp + 224]",
                "mov [rsp + 184], rax",
                "mov [rsp + 192], rsp",
                concat!("lea ", $list, ", [rsp + 176]"),
                "call {function}",
                "add rsp, 216",
                ".cfi_adjust_cfa_offset -216",
                "ret",
                ".cfi_endproc",
                function = sym $function,
            )
        };
    }

    use crate::ground::only_shared::only_shared;

    only_shared!(asprintf);

    /// `asprintf`.
    ///
    /// # Safety
    /// As for the function of the C library.
    #[unsafe(naked)]
    pub(crate) unsafe extern "C" fn asprintf() -> c_int {
        listed!("16", "rdx", vasprintf)
    }

    only_shared!(__asprintf);

    /// `asprintf`, under its other name.
    ///
    /// # Safety
    /// As for the function of the C library.
    #[unsafe(naked)]
    pub(crate) unsafe extern "C" fn __asprintf() -> c_int {
        listed!("16", "rdx", vasprintf)
    }

    only_shared!(__asprintf_chk);

    /// `asprintf`, checked.
    ///
    /// # Safety
    /// As for the function of the C library.
    #[unsafe(naked)]
    pub(crate) unsafe extern "C" fn __asprintf_chk() -> c_int {
        listed!("24", "rcx", __vasprintf_chk)
    }
}
