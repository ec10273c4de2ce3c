//! A word of a thread on x86-64.

use core::arch::asm;

use crate::heap::Front;

/// What the calling thread's word says.
#[inline(always)]
pub(super) fn read() -> *mut Front {
    let value: *mut Front;
    // SAFETY: reads a word of the calling thread.
    unsafe {
        asm!(
            "mov {0}, qword ptr [rip + mesh_alloc_thread_heap@GOTTPOFF]",
            "mov {0}, qword ptr fs:[{0}]",
            out(reg) value,
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
            "mov {0}, qword ptr [rip + mesh_alloc_thread_heap@GOTTPOFF]",
            "mov qword ptr fs:[{0}], {1}",
            out(reg) _,
            in(reg) front,
            options(nostack, preserves_flags),
        );
    }
}
