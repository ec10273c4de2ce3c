//! AArch64.

/// Ticks since the machine was started.
pub(crate) fn ticks() -> u64 {
    let value;
    // SAFETY: reads a register, which Linux lets programs read.
    unsafe {
        core::arch::asm!("mrs {0}, cntvct_el0", out(reg) value, options(nomem, nostack, preserves_flags));
    }
    value
}
