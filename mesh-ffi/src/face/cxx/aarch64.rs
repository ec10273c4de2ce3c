//! The instructions of `operator new` on AArch64.

/// Has a replacement of `$form`, or `$allocate`, or who `$otherwise` says, make the block.
macro_rules! new_or_else {
    ($form:path, $allocate:path, $otherwise:path) => {
        core::arch::naked_asm!(
            ".cfi_startproc",
            "adrp x16, {form}",
            "ldr x16, [x16, :lo12:{form}]",
            "cbnz x16, 4f",
            "stp x29, x30, [sp, #-32]!",
            ".cfi_def_cfa_offset 32",
            ".cfi_offset x29, -32",
            ".cfi_offset x30, -24",
            "stp x0, x1, [sp, #16]",
            "bl {allocate}",
            "cbz x0, 2f",
            ".cfi_remember_state",
            "ldp x29, x30, [sp], #32",
            ".cfi_def_cfa_offset 0",
            ".cfi_restore x29",
            ".cfi_restore x30",
            "ret",
            ".cfi_restore_state",
            "2:",
            "adrp x0, {form}",
            "add x0, x0, :lo12:{form}",
            // Who called us.
            "ldr x1, [sp, #8]",
            "bl {otherwise}",
            "mov x16, x0",
            "ldp x0, x1, [sp, #16]",
            "ldp x29, x30, [sp], #32",
            ".cfi_def_cfa_offset 0",
            ".cfi_restore x29",
            ".cfi_restore x30",
            "cbnz x16, 4f",
            "mov x0, xzr",
            "ret",
            "4:",
            "br x16",
            ".cfi_endproc",
            form = sym $form,
            allocate = sym $allocate,
            otherwise = sym $otherwise,
        )
    };
}
pub(super) use new_or_else;
