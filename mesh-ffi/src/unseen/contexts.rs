//! Stacks of coroutines that the C library makes. A fault on a page of the stack that a thread runs on could not be handled
//! there, so it keeps its pages.

use crate::ground::next::Next;
use crate::unseen::pinning::pin;

#[unsafe(link_section = "mesh_next")]
static MAKECONTEXT: Next = Next::new(c"makecontext");

/// Pins the context's stack; returns the function to go on with.
///
/// # Safety
/// As for `makecontext`.
unsafe extern "C" fn pin_stack(context: *const libc::ucontext_t) -> *mut core::ffi::c_void {
    // SAFETY: a context whose stack the program has named (contract of `makecontext`).
    let stack = unsafe { (*context).uc_stack };
    pin(stack.ss_sp, stack.ss_size);
    MAKECONTEXT.address()
}

/// `makecontext`, which has as many arguments as the program likes.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn makecontext() {
    core::arch::naked_asm!(
        ".cfi_startproc",
        "push rdi",
        "push rsi",
        "push rdx",
        "push rcx",
        "push r8",
        "push r9",
        "push rax",
        ".cfi_adjust_cfa_offset 56",
        "call {pin_stack}",
        "mov r11, rax",
        "pop rax",
        "pop r9",
        "pop r8",
        "pop rcx",
        "pop rdx",
        "pop rsi",
        "pop rdi",
        ".cfi_adjust_cfa_offset -56",
        "jmp r11",
        ".cfi_endproc",
        pin_stack = sym pin_stack,
    )
}
