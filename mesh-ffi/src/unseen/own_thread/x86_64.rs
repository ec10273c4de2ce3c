//! A thread by system call, on x86-64.

use core::arch::naked_asm;

use super::{FLAGS, main};

/// Words of a thread's block that hold its address: the first one, and the third (glibc's `self`).
pub(super) const OWN_ADDRESS: &[usize] = &[0, 2];

/// Begins a thread that runs [`main`] and ends when that returns. Returns its number, or an error number, negated.
///
/// # Safety
/// * `stack` is the end of memory that nobody else uses, a multiple of 16; `block` a thread block with words below it.
/// * `alive` is valid for as long as the thread runs.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn spawn(stack: usize, alive: *mut u32, block: usize) -> isize {
    naked_asm!(
        "mov r10, rsi",
        "mov r8, rdx",
        "mov rsi, rdi",
        "mov edi, {flags}",
        "xor edx, edx",
        "mov eax, {clone}",
        "syscall",
        "test rax, rax",
        "jz 2f",
        "ret",
        "2:",
        "xor ebp, ebp",
        "call {main}",
        "mov eax, {exit}",
        "xor edi, edi",
        "syscall",
        "ud2",
        flags = const FLAGS,
        clone = const libc::SYS_clone,
        exit = const libc::SYS_exit,
        main = sym main,
    )
}
