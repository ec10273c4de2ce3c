//! x86-64.

/// Ticks since the machine was started.
pub(crate) fn ticks() -> u64 {
    // SAFETY: every x86-64 processor has the counter.
    unsafe { core::arch::x86_64::_rdtsc() }
}
