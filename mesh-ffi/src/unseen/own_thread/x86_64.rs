//! A thread by system call, on x86-64.

use core::arch::naked_asm;

use super::main;

/// Parts of the process that the thread shares, and what the kernel does at its ends: as for any thread, but that it is told of
/// no other one.
const FLAGS: i32 = libc::CLONE_VM
    | libc::CLONE_FS
    | libc::CLONE_FILES
    | libc::CLONE_SIGHAND
    | libc::CLONE_THREAD
    | libc::CLONE_SYSVSEM
    | libc::CLONE_SETTLS
    | libc::CLONE_CHILD_CLEARTID;

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
