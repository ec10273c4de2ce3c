//! Jumps of x86-64.

/// Asks `$onward` where to, and jumps there with the arguments as they came, but for bits of the second one. Null where nothing is.
macro_rules! jump_with_two {
    ($onward:path) => {
        core::arch::naked_asm!(
            ".cfi_startproc",
            "push rdi",
            ".cfi_adjust_cfa_offset 8",
            "push rsi",
            ".cfi_adjust_cfa_offset 8",
            "sub rsp, 8",
            ".cfi_adjust_cfa_offset 8",
            "call {onward}",
            "add rsp, 8",
            ".cfi_adjust_cfa_offset -8",
            "pop rsi",
            ".cfi_adjust_cfa_offset -8",
            "pop rdi",
            ".cfi_adjust_cfa_offset -8",
            "and rsi, rdx",
            "test rax, rax",
            "je 2f",
            "jmp rax",
            "2:",
            "ret",
            ".cfi_endproc",
            onward = sym $onward,
        )
    };
}
pub(super) use jump_with_two;

/// Asks `$onward` where to, and jumps there with the arguments as they came, but for bits of the third one. Null where nothing is.
macro_rules! jump_with_three {
    ($onward:path) => {
        core::arch::naked_asm!(
            ".cfi_startproc",
            "push rdi",
            ".cfi_adjust_cfa_offset 8",
            "push rsi",
            ".cfi_adjust_cfa_offset 8",
            "push rdx",
            ".cfi_adjust_cfa_offset 8",
            "call {onward}",
            "mov rcx, rdx",
            "pop rdx",
            ".cfi_adjust_cfa_offset -8",
            "pop rsi",
            ".cfi_adjust_cfa_offset -8",
            "pop rdi",
            ".cfi_adjust_cfa_offset -8",
            "and rdx, rcx",
            "test rax, rax",
            "je 2f",
            "jmp rax",
            "2:",
            "ret",
            ".cfi_endproc",
            onward = sym $onward,
        )
    };
}
pub(super) use jump_with_three;
