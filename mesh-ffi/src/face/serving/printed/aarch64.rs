//! Lists of arguments on AArch64.

// The frame: the caller's frame pointer and address to return to; the list: where the arguments on the stack are, where the two tables of
// registers end, and how far before their ends the next of each is; then the eight registers of numbers and the eight of floating point.
/// Calls `$function` with the first arguments, which are 2 or 3, and a list of the others.
macro_rules! listed {
    (2, $function:path) => {
        $crate::face::serving::printed::list::listed!("-48", "x2", $function)
    };
    (3, $function:path) => {
        $crate::face::serving::printed::list::listed!("-40", "x3", $function)
    };
    ($left:literal, $list:literal, $function:path) => {
        core::arch::naked_asm!(
            ".cfi_startproc",
            "stp x29, x30, [sp, #-240]!",
            ".cfi_def_cfa_offset 240",
            ".cfi_offset x29, -240",
            ".cfi_offset x30, -232",
            "stp x2, x3, [sp, #64]",
            "stp x4, x5, [sp, #80]",
            "stp x6, x7, [sp, #96]",
            "stp q0, q1, [sp, #112]",
            "stp q2, q3, [sp, #144]",
            "stp q4, q5, [sp, #176]",
            "stp q6, q7, [sp, #208]",
            "add x9, sp, #240",
            "add x10, sp, #112",
            "stp x9, x10, [sp, #16]",
            "str x9, [sp, #32]",
            concat!("mov w9, #", $left),
            "mov w10, #-128",
            "stp w9, w10, [sp, #40]",
            concat!("add ", $list, ", sp, #16"),
            "bl {function}",
            "ldp x29, x30, [sp], #240",
            ".cfi_def_cfa_offset 0",
            ".cfi_restore x29",
            ".cfi_restore x30",
            "ret",
            ".cfi_endproc",
            function = sym $function,
        )
    };
}
pub(super) use listed;
