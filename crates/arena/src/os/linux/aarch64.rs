//! The system call instruction of aarch64.

use core::arch::asm;

/// Makes a system call and returns what the kernel returns: an error is a negated number, `errno` is not touched.
///
/// # Safety
/// The caller meets what the manual asks of the call's arguments.
#[inline]
pub(super) unsafe fn syscall(number: i64, arguments: [usize; 6]) -> isize {
    let returned;
    // SAFETY: the registers are those of the kernel's convention; it changes memory only as the caller agreed to.
    unsafe {
        asm!(
            "svc 0",
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
