//! How the kernel calls a handler on x86-64, and what it says of the instruction that was interrupted.

use core::arch::naked_asm;
use core::ffi::c_void;

use libc::{c_int, siginfo_t as Info, ucontext_t};

use super::{fault, stacks};

/// Our handler of signals. Whether the kernel called it shows in the stack: then the context lies right above the address to return to.
///
/// ```text
///  from the kernel      all signals are blocked; `fault::handle` runs on a stack of ours, since the one that the kernel has chosen may have
///                       hardly more room than for its frame. Then the mask is set that the program's handler would find, and
///                       that handler is jumped to, on the kernel's stack: to it, all is as if we had not been there
///  from a handler that was put over ours, and passes on what is not its own: `fault::handle_passed_on` calls the program's
/// ```
#[unsafe(naked)]
pub(super) extern "C" fn on_signal(signal: c_int, info: *mut Info, context: *mut c_void) {
    naked_asm!(
        "lea rax, [rsp + 8]",
        "cmp rax, rdx",
        "jne {passed_on}",
        // Who was interrupted gets all registers back from the kernel.
        "mov r12, rsi",
        "mov r13, rdx",
        "mov rbx, rsp",
        "sub rsp, 8",
        "call {take}",
        "mov r14, rax",
        "test rax, rax",
        "cmovnz rsp, rax",
        "mov rdi, r12",
        "mov rsi, r13",
        "call {handle}",
        "mov rsp, rbx",
        "mov rbp, rax",
        "mov r15, rdx",
        "sub rsp, 8",
        "mov rdi, r14",
        "call {give_back}",
        "test rbp, rbp",
        "jnz 2f",
        "add rsp, 8",
        "ret",
        "2:",
        "mov [rsp], r15",
        "mov rsi, rsp",
        "mov edi, {set}",
        "xor edx, edx",
        "mov r10d, 8",
        "mov eax, {mask}",
        "syscall",
        "add rsp, 8",
        // The signal is that of the information.
        "mov edi, dword ptr [r12]",
        "mov rsi, r12",
        "mov rdx, r13",
        "jmp rbp",
        passed_on = sym fault::handle_passed_on,
        take = sym stacks::take,
        handle = sym fault::handle,
        give_back = sym stacks::give_back,
        set = const libc::SIG_SETMASK,
        mask = const libc::SYS_rt_sigprocmask,
    )
}

/// The address of the instruction that was interrupted.
pub(super) fn instruction(context: &ucontext_t) -> usize {
    context.uc_mcontext.gregs[libc::REG_RIP as usize] as usize
}

/// Has the interrupted code go on at `address`.
pub(super) fn go_on_at(context: &mut ucontext_t, address: usize) {
    context.uc_mcontext.gregs[libc::REG_RIP as usize] = address as i64;
}

/// Whether the fault was a write of data.
///
/// # Safety
/// `context` comes from the kernel.
pub(super) unsafe fn is_write(context: *const c_void) -> bool {
    /// The bit of a page fault's error code that says "write".
    const WRITE: i64 = 1 << 1;
    let context = context.cast::<ucontext_t>();
    // SAFETY: valid (contract).
    let error = unsafe { (*context).uc_mcontext.gregs[libc::REG_ERR as usize] };
    error & WRITE != 0
}
