//! `syscall` on x86-64.
//!
//! Plain calls do what the C library's `syscall` does, with the arguments as they came. So do those that clone, unless they
//! duplicate the process: the child goes on at the instruction after, on whatever stack it has been given. All others take a
//! way round by `special`.

use core::arch::naked_asm;

use libc::c_long;

use super::routes::{NUMBERS, ROUTES, SPECIAL};
use super::special::{failed, prepare_clone, special_system_call};

/// `syscall`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn syscall() -> c_long {
    naked_asm!(
        "cmp rdi, {numbers}",
        "jae 2f",
        "lea rax, [rip + {routes}]",
        "cmp byte ptr [rax + rdi], {special_route}",
        "je 2f",
        "ja 4f",
        "5:",
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
        "4:",
        "push rdi",
        "push rsi",
        "push rdx",
        "push rcx",
        "push r8",
        "push r9",
        "sub rsp, 8",
        "call {prepare_clone}",
        "add rsp, 8",
        "pop r9",
        "pop r8",
        "pop rcx",
        "pop rdx",
        "pop rsi",
        "pop rdi",
        "test al, al",
        "je 5b",
        "jmp {special}",
        numbers = const NUMBERS,
        routes = sym ROUTES,
        special_route = const SPECIAL,
        special = sym special_system_call,
        failed = sym failed,
        prepare_clone = sym prepare_clone,
    )
}
