//! Simple loops of AArch64.

use core::arch::naked_asm;

#[unsafe(naked)]
pub(super) extern "C" fn simple_move() {
    naked_asm!(
        "sub x3, x0, x1",
        "cmp x3, x2",
        // Less only where the target begins within the source: then from the end.
        "b.lo 4f",
        "mov x3, xzr",
        "2:",
        "cmp x3, x2",
        "b.eq 3f",
        "ldrb w4, [x1, x3]",
        "strb w4, [x0, x3]",
        "add x3, x3, #1",
        "b 2b",
        "3:",
        "ret",
        "4:",
        "sub x2, x2, #1",
        "ldrb w4, [x1, x2]",
        "strb w4, [x0, x2]",
        "cbnz x2, 4b",
        "ret",
    )
}

#[unsafe(naked)]
pub(super) extern "C" fn simple_set() {
    naked_asm!(
        "2:",
        "cbz x2, 3f",
        "sub x2, x2, #1",
        "strb w1, [x0, x2]",
        "b 2b",
        "3:",
        "ret",
    )
}

#[unsafe(naked)]
pub(super) extern "C" fn simple_compare() {
    naked_asm!(
        "mov x3, xzr",
        "2:",
        // Equal, where there is nothing to compare.
        "cmp x3, x2",
        "b.eq 3f",
        "ldrb w4, [x0, x3]",
        "ldrb w5, [x1, x3]",
        "add x3, x3, #1",
        "subs w4, w4, w5",
        "b.eq 2b",
        "mov w0, w4",
        "ret",
        "3:",
        "mov w0, wzr",
        "ret",
    )
}

#[unsafe(naked)]
pub(super) extern "C" fn simple_length() {
    naked_asm!(
        "mov x1, xzr",
        "2:",
        "ldrb w2, [x0, x1]",
        "cbz w2, 3f",
        "add x1, x1, #1",
        "b 2b",
        "3:",
        "mov x0, x1",
        "ret",
    )
}
