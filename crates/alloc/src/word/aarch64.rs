//! A word of a thread on AArch64.

use core::arch::asm;

use crate::heap::Front;

/// What the calling thread's word says.
#[inline(always)]
pub(super) fn read() -> *mut Front {
    let value: *mut Front;
    // SAFETY: reads a word of the calling thread.
    unsafe {
        asm!(
            "adrp {0}, :gottprel:mesh_alloc_thread_heap",
            "mrs {1}, tpidr_el0",
            "ldr {0}, [{0}, :gottprel_lo12:mesh_alloc_thread_heap]",
            "ldr {0}, [{1}, {0}]",
            out(reg) value,
            out(reg) _,
            options(readonly, nostack, preserves_flags),
        );
    }
    value
}

/// Sets it.
pub(super) fn write(front: *mut Front) {
    // SAFETY: writes a word of the calling thread.
    unsafe {
        asm!(
            "adrp {0}, :gottprel:mesh_alloc_thread_heap",
            "mrs {1}, tpidr_el0",
            "ldr {0}, [{0}, :gottprel_lo12:mesh_alloc_thread_heap]",
            "str {2}, [{1}, {0}]",
            out(reg) _,
            out(reg) _,
            in(reg) front,
            options(nostack, preserves_flags),
        );
    }
}
