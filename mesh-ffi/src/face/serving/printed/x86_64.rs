//! Lists of arguments on x86-64.

// The frame: the six registers of numbers and the eight of floating point, in their order, then the list: how far of each
// of the two is taken, where the arguments on the stack are, and where the registers are saved.
/// Calls `$function` with the first arguments, which are 2 or 3, and a list of the others.
macro_rules! listed {
    (2, $function:path) => {
        $crate::face::serving::printed::list::listed!("16", "rdx", $function)
    };
    (3, $function:path) => {
        $crate::face::serving::printed::list::listed!("24", "rcx", $function)
    };
    ($named:literal, $list:literal, $function:path) => {
        core::arch::naked_asm!(
            ".cfi_startproc",
            "sub rsp, 216",
            ".cfi_adjust_cfa_offset 216",
            "mov [rsp + 16], rdx",
            "mov [rsp + 24], rcx",
            "mov [rsp + 32], r8",
            "mov [rsp + 40], r9",
            "test al, al",
            "je 2f",
            "movaps [rsp + 48], xmm0",
            "movaps [rsp + 64], xmm1",
            "movaps [rsp + 80], xmm2",
            "movaps [rsp + 96], xmm3",
            "movaps [rsp + 112], xmm4",
            "movaps [rsp + 128], xmm5",
            "movaps [rsp + 144], xmm6",
            "movaps [rsp + 160], xmm7",
            "2:",
            concat!("mov dword ptr [rsp + 176], ", $named),
            "mov dword ptr [rsp + 180], 48",
            "lea rax, [rsp + 224]",
            "mov [rsp + 184], rax",
            "mov [rsp + 192], rsp",
            concat!("lea ", $list, ", [rsp + 176]"),
            "call {function}",
            "add rsp, 216",
            ".cfi_adjust_cfa_offset -216",
            "ret",
            ".cfi_endproc",
            function = sym $function,
        )
    };
}
pub(super) use listed;
