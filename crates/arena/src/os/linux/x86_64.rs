//! The system call instruction of x86-64.

use core::arch::asm;

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
