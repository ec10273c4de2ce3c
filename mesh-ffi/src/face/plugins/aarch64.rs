//! Jumps of AArch64.

/// Asks `$onward` where to, and jumps there with the arguments as they came, but for bits of the second one. Null where nothing is.
macro_rules! jump_with_two {
    ($onward:path) => {
        core::arch::naked_asm!(
            ".cfi_startproc",
            "stp x29, x30, [sp, #-32]!",
            ".cfi_def_cfa_offset 32",
            ".cfi_offset x29, -32",
            ".cfi_offset x30, -24",
            "stp x0, x1, [sp, #16]",
            "bl {onward}",
            "mov x16, x0",
            "mov x17, x1",
            "ldp x0, x1, [sp, #16]",
            "ldp x29, x30, [sp], #32",
            ".cfi_def_cfa_offset 0",
            ".cfi_restore x29",
            ".cfi_restore x30",
            "and x1, x1, x17",
            "cbz x16, 2f",
            "br x16",
            "2:",
            "mov x0, xzr",
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
            "stp x29, x30, [sp, #-48]!",
            ".cfi_def_cfa_offset 48",
            ".cfi_offset x29, -48",
            ".cfi_offset x30, -40",
            "stp x0, x1, [sp, #16]",
            "str x2, [sp, #32]",
            "bl {onward}",
            "mov x16, x0",
            "mov x17, x1",
            "ldp x0, x1, [sp, #16]",
            "ldr x2, [sp, #32]",
            "ldp x29, x30, [sp], #48",
            ".cfi_def_cfa_offset 0",
            ".cfi_restore x29",
            ".cfi_restore x30",
            "and x2, x2, x17",
            "cbz x16, 2f",
            "br x16",
            "2:",
            "mov x0, xzr",
            "ret",
            ".cfi_endproc",
            onward = sym $onward,
        )
    };
}
pub(super) use jump_with_three;
