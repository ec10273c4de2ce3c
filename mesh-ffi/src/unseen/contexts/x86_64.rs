//! Calls and jumps of x86-64.

/// Bytes from a buffer of `setjmp` on that are its, a saved mask among them.
pub(super) const JUMP_BUFFER: usize = 200;

/// Calls a function with the first two arguments, and jumps to what it returns with all arguments.
macro_rules! after {
    ($before:path) => {
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
            "call {before}",
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
            before = sym $before,
        )
    };
}
pub(super) use after;
