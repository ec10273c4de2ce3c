//! The system call instruction of AArch64, and another stack.

use core::arch::{asm, naked_asm};

/// Makes a system call and returns what the kernel returns: an error is a negated number, `errno` is not touched.
///
/// # Safety
/// The caller meets what the manual asks of the call's arguments. In a process that begins here, the stack is a copy.
#[inline]
pub unsafe fn syscall(number: i64, arguments: [usize; 6]) -> isize {
    let returned;
    // SAFETY: the registers are those of the kernel's convention; it keeps all others, and overwrites memory only as the caller
    // agreed to.
    unsafe {
        asm!(
            "svc #0",
            in("x8") number,
            inlateout("x0") arguments[0] => returned,
            in("x1") arguments[1],
            in("x2") arguments[2],
            in("x3") arguments[3],
            in("x4") arguments[4],
            in("x5") arguments[5],
            options(nostack),
        );
    }
    returned
}

/// Calls `function` with `argument` on the stack that ends at `end`. Whoever unwinds finds the way back to the caller's.
///
/// # Safety
/// As for [`Os::call_on`](super::Os::call_on).
#[unsafe(naked)]
pub(super) unsafe extern "C" fn call_on(
    end: *mut u8,
    function: unsafe extern "C" fn(*mut ()),
    argument: *mut (),
) {
    naked_asm!(
        ".cfi_startproc",
        "stp x29, x30, [sp, #-16]!",
        ".cfi_def_cfa_offset 16",
        ".cfi_offset x29, -16",
        ".cfi_offset x30, -8",
        "mov x29, sp",
        ".cfi_def_cfa_register x29",
        "mov sp, x0",
        "mov x0, x2",
        "blr x1",
        "mov sp, x29",
        ".cfi_def_cfa_register sp",
        "ldp x29, x30, [sp], #16",
        ".cfi_def_cfa_offset 0",
        ".cfi_restore x29",
        ".cfi_restore x30",
        "ret",
        ".cfi_endproc",
    )
}
