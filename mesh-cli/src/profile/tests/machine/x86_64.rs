//! x86-64.

/// The instruction, the stack pointer and the frame pointer, as of this place.
#[collapse_debuginfo(yes)]
macro_rules! registers {
    () => {{
        let (instruction, stack_pointer, frame_pointer): (u64, u64, u64);
        // SAFETY: reads registers only.
        unsafe {
            std::arch::asm!(
                "lea {}, [rip]",
                "mov {}, rsp",
                "mov {}, rbp",
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
            "push rbp",
            ".cfi_adjust_cfa_offset 8",
            ".cfi_offset rbp, -16",
            "sub rsp, 80",
            ".cfi_adjust_cfa_offset 80",
            "xor ebp, ebp",
            "call {}",
            "add rsp, 80",
            ".cfi_adjust_cfa_offset -80",
            "pop rbp",
            ".cfi_adjust_cfa_offset -8",
            ".cfi_restore rbp",
            "ret",
            ".cfi_endproc",
            sym $function,
        )
    };
}
pub(super) use call_without_frame_pointer;
