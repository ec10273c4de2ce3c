//! The instructions of `operator new` on x86-64.

/// Has a replacement of `$form`, or `$allocate`, or who `$otherwise` says, make the block.
macro_rules! new_or_else {
    ($form:path, $allocate:path, $otherwise:path) => {
        core::arch::naked_asm!(
            ".cfi_startproc",
            "cmp qword ptr [rip + {form}], 0",
            "jne 4f",
            "push rdi",
            ".cfi_adjust_cfa_offset 8",
            "push rsi",
            ".cfi_adjust_cfa_offset 8",
            "sub rsp, 8",
            ".cfi_adjust_cfa_offset 8",
            "call {allocate}",
            "test rax, rax",
            "je 2f",
            "add rsp, 24",
            ".cfi_adjust_cfa_offset -24",
            "ret",
            ".cfi_adjust_cfa_offset 24",
            "2:",
            "lea rdi, [rip + {form}]",
            // Who called us.
            "mov rsi, [rsp + 24]",
            "call {otherwise}",
            "add rsp, 8",
            ".cfi_adjust_cfa_offset -8",
            "pop rsi",
            ".cfi_adjust_cfa_offset -8",
            "pop rdi",
            ".cfi_adjust_cfa_offset -8",
            "test rax, rax",
            "je 3f",
            "jmp rax",
            "3:",
            "ret",
            "4:",
            "jmp qword ptr [rip + {form}]",
            ".cfi_endproc",
            form = sym $form,
            allocate = sym $allocate,
            otherwise = sym $otherwise,
        )
    };
}
pub(super) use new_or_else;
