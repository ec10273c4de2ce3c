//! The system call instruction of x86-64, and another stack.

use core::arch::{asm, naked_asm};

/// Makes a system call and returns what the kernel returns: an error is a negated number, `errno` is not touched.
///
/// # Safety
/// The caller meets what the manual asks of the call's arguments. In a process that begins here, the stack is a copy.
#[inline]
pub unsafe fn syscall(number: i64, arguments: [usize; 6]) -> isize {
    let returned;
    // SAFETY: the registers are those of the kernel's convention; it overwrites rcx and r11, and memory only as the
    // caller agreed to.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => returned,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            in("r10") arguments[3],
            in("r8") arguments[4],
            in("r9") arguments[5],
            lateout("rcx") _,
            lateout("r11") _,
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
        "push rbp",
        ".cfi_def_cfa_offset 16",
        ".cfi_offset rbp, -16",
        "mov rbp, rsp",
        ".cfi_def_cfa_register rbp",
        "mov rsp, rdi",
        "mov rdi, rdx",
        "call rsi",
        "mov rsp, rbp",
        "pop rbp",
        ".cfi_def_cfa rsp, 8",
        "ret",
        ".cfi_endproc",
    )
}
