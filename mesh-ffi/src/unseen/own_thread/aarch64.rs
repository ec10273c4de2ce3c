//! A thread by system call, on AArch64.

use core::arch::naked_asm;

use super::{FLAGS, main};

/// Words of a thread's block that hold its address: none.
pub(super) const OWN_ADDRESS: &[usize] = &[];

/// Begins a thread that runs [`main`] and ends when that returns. Returns its number, or an error number, negated.
///
/// # Safety
/// * `stack` is the end of memory that nobody else uses, a multiple of 16; `block` a thread block with words above it, and zeros below.
/// * `alive` is valid for as long as the thread runs.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn spawn(stack: usize, alive: *mut u32, block: usize) -> isize {
    naked_asm!(
        "mov x4, x1",
        "mov x3, x2",
        "mov x1, x0",
        "mov w0, #{low}",
        "movk w0, #{high}, lsl #16",
        "mov x2, xzr",
        "mov x8, #{clone}",
        "svc #0",
        "cbz x0, 2f",
        "ret",
        "2:",
        "mov x29, xzr",
        "mov x30, xzr",
        "bl {main}",
        "mov x8, #{exit}",
        "mov x0, xzr",
        "svc #0",
        "brk #1",
        low = const FLAGS & 0xffff,
        high = const FLAGS >> 16,
        clone = const libc::SYS_clone,
        exit = const libc::SYS_exit,
        main = sym main,
    )
}
