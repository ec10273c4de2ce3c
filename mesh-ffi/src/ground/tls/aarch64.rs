//! Words of a thread on AArch64.

use core::arch::asm;

/// The thread pointer.
pub(in crate::ground::tls) fn thread_pointer() -> usize {
    let value: usize;
    // SAFETY: reads a register.
    unsafe {
        asm!("mrs {0}, tpidr_el0", out(reg) value, options(pure, nomem, nostack, preserves_flags));
    }
    value
}

/// How far a word is from the thread pointer.
macro_rules! offset {
    ($name:literal) => {{
        let offset: usize;
        // SAFETY: reads the global offset table.
        unsafe {
            core::arch::asm!(
                concat!("adrp {0}, :gottprel:", $name),
                concat!("ldr {0}, [{0}, :gottprel_lo12:", $name, "]"),
                out(reg) offset,
                options(pure, readonly, nostack, preserves_flags),
            );
        }
        offset
    }};
}
pub(super) use offset;

/// Reads a word.
macro_rules! read {
    ($name:literal) => {{
        let value: usize;
        // SAFETY: reads a word of the calling thread.
        unsafe {
            core::arch::asm!(
                concat!("adrp {0}, :gottprel:", $name),
                "mrs {1}, tpidr_el0",
                concat!("ldr {0}, [{0}, :gottprel_lo12:", $name, "]"),
                "ldr {0}, [{1}, {0}]",
                out(reg) value,
                out(reg) _,
                options(readonly, nostack, preserves_flags),
            );
        }
        value
    }};
}
pub(super) use read;

/// Writes a word.
macro_rules! write {
    ($name:literal, $value:expr) => {{
        // SAFETY: writes a word of the calling thread.
        unsafe {
            core::arch::asm!(
                concat!("adrp {0}, :gottprel:", $name),
                "mrs {1}, tpidr_el0",
                concat!("ldr {0}, [{0}, :gottprel_lo12:", $name, "]"),
                "str {2}, [{1}, {0}]",
                out(reg) _,
                out(reg) _,
                in(reg) $value,
                options(nostack, preserves_flags),
            );
        }
    }};
}
pub(super) use write;
