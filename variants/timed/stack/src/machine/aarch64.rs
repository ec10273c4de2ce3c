//! What the recorder needs of AArch64.

use core::arch::asm;

/// Ticks since the machine was started; the same on all processors.
#[inline(always)]
pub(crate) fn ticks() -> u64 {
    let value;
    // SAFETY: reads a register, which Linux lets programs read.
    unsafe {
        asm!("mrs {}, cntvct_el0", out(reg) value, options(nomem, nostack, preserves_flags));
    }
    value
}

/// The calling thread.
pub(crate) fn thread() -> u64 {
    let pointer;
    // SAFETY: reads a register.
    unsafe {
        asm!("mrs {}, tpidr_el0", out(reg) pointer, options(nomem, nostack, preserves_flags));
    }
    pointer
}

/// Calls `$take` for the place that this returns to, and goes on at `$taken`.
macro_rules! take_the_lock {
    ($take:path, $taken:path) => {
        core::arch::naked_asm!(
            "stp x29, x30, [sp, #-16]!",
            "mov x1, x30",
            "bl {take}",
            "ldp x29, x30, [sp], #16",
            "b {taken}",
            take = sym $take,
            taken = sym $taken,
        )
    };
}
pub(crate) use take_the_lock;

/// The same, and goes on at `$refused` where that says no.
macro_rules! try_the_lock {
    ($take:path, $taken:path, $refused:path) => {
        core::arch::naked_asm!(
            "stp x29, x30, [sp, #-16]!",
            "mov x1, x30",
            "bl {take}",
            "ldp x29, x30, [sp], #16",
            "tst w0, #0xff",
            "b.eq 2f",
            "b {taken}",
            "2:",
            "b {refused}",
            take = sym $take,
            taken = sym $taken,
            refused = sym $refused,
        )
    };
}
pub(crate) use try_the_lock;

/// Calls `$open`, and goes on at `$opened`.
macro_rules! open_the_lock {
    ($open:path, $opened:path) => {
        core::arch::naked_asm!(
            "stp x29, x30, [sp, #-16]!",
            "bl {open}",
            "ldp x29, x30, [sp], #16",
            "b {opened}",
            open = sym $open,
            opened = sym $opened,
        )
    };
}
pub(crate) use open_the_lock;
