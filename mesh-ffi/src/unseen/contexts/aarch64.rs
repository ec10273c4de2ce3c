//! Calls and jumps of AArch64.

/// Bytes from a buffer of `setjmp` on that are its, a saved mask among them.
pub(super) const JUMP_BUFFER: usize = 312;

/// Calls a function with the first two arguments, and jumps to what it returns with all arguments.
macro_rules! after {
    ($before:path) => {
        core::arch::naked_asm!(
            ".cfi_startproc",
            "stp x29, x30, [sp, #-80]!",
            ".cfi_def_cfa_offset 80",
            ".cfi_offset x29, -80",
            ".cfi_offset x30, -72",
            "stp x0, x1, [sp, #16]",
            "stp x2, x3, [sp, #32]",
            "stp x4, x5, [sp, #48]",
            "stp x6, x7, [sp, #64]",
            "bl {before}",
            "mov x16, x0",
            "ldp x6, x7, [sp, #64]",
            "ldp x4, x5, [sp, #48]",
            "ldp x2, x3, [sp, #32]",
            "ldp x0, x1, [sp, #16]",
            "ldp x29, x30, [sp], #80",
            ".cfi_def_cfa_offset 0",
            ".cfi_restore x29",
            ".cfi_restore x30",
            "br x16",
            ".cfi_endproc",
            before = sym $before,
        )
    };
}
pub(super) use after;
