//! AArch64.

/// The instruction, the stack pointer and the frame pointer, as of this place.
#[collapse_debuginfo(yes)]
macro_rules! registers {
    () => {{
        let (instruction, stack_pointer, frame_pointer): (u64, u64, u64);
        // SAFETY: reads registers only.
        unsafe {
            std::arch::asm!(
                "adr {}, .",
                "mov {}, sp",
                "mov {}, x29",
                out(reg) instruction,
                out(reg) stack_pointer,
                out(reg) frame_pointer,
                options(nomem, preserves_flags),
            );
        }
        [instruction, stack_pointer, frame_pointer]
    }};
}
pub(super) use registers;

/// Calls `$function` while the frame pointer has another use.
macro_rules! call_without_frame_pointer {
    ($function:path) => {
        std::arch::naked_asm!(
            ".cfi_startproc",
            "stp x29, x30, [sp, #-96]!",
            ".cfi_def_cfa_offset 96",
            ".cfi_offset x29, -96",
            ".cfi_offset x30, -88",
            "mov x29, xzr",
            "bl {}",
            "ldp x29, x30, [sp], #96",
            ".cfi_def_cfa_offset 0",
            ".cfi_restore x29",
            ".cfi_restore x30",
            "ret",
            ".cfi_endproc",
            sym $function,
        )
    };
}
pub(super) use call_without_frame_pointer;
