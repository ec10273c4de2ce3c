//! `syscall` on x86-64.
//!
//! The numbers of `clone`, `fork` and `clone3`, of calls after which nothing may be meshed, and of the one in which threads
//! wait, take a way round by `special`.
//! All others do what the C library's `syscall` does, with the arguments as they came.

use core::arch::naked_asm;

use libc::c_long;

use super::special::{failed, special_system_call};

/// `syscall`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn syscall() -> c_long {
    naked_asm!(
        "cmp rdi, {clone}",
        "je 2f",
        "cmp rdi, {fork}",
        "je 2f",
        "cmp rdi, {clone3}",
        "je 2f",
        "cmp rdi, {io_setup}",
        "je 2f",
        "cmp rdi, {io_uring_setup}",
        "je 2f",
        "cmp rdi, {seccomp}",
        "je 2f",
        "cmp rdi, {futex}",
        "je 2f",
        // From the places of a function's arguments to those of a system call's: one further, and rcx is the kernel's.
        "mov rax, rdi",
        "mov rdi, rsi",
        "mov rsi, rdx",
        "mov rdx, rcx",
        "mov r10, r8",
        "mov r8, r9",
        "mov r9, [rsp + 8]",
        "syscall",
        "cmp rax, -4095",
        "jae 3f",
        "ret",
        "2:",
        // The arguments lie where they are expected, the seventh on the stack.
        "jmp {special}",
        "3:",
        "mov rdi, rax",
        "jmp {failed}",
        clone = const libc::SYS_clone,
        fork = const libc::SYS_fork,
        clone3 = const libc::SYS_clone3,
        io_setup = const libc::SYS_io_setup,
        io_uring_setup = const libc::SYS_io_uring_setup,
        seccomp = const libc::SYS_seccomp,
        futex = const libc::SYS_futex,
        special = sym special_system_call,
        failed = sym failed,
    )
}
