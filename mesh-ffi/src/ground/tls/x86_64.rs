//! Words of a thread on x86-64.

use core::arch::asm;

/// The thread pointer.
pub(in crate::ground::tls) fn thread_pointer() -> usize {
    let value: usize;
    // SAFETY: the first word of the thread's block is its own address.
    unsafe {
        asm!("mov {0}, qword ptr fs:[0]", out(reg) value, options(pure, readonly, nostack, preserves_flags));
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
                concat!("mov {0}, qword ptr [rip + ", $name, "@GOTTPOFF]"),
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
                concat!("mov {0}, qword ptr [rip + ", $name, "@GOTTPOFF]"),
                "mov {0}, qword ptr fs:[{0}]",
                out(reg) value,
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
                concat!("mov {0}, qword ptr [rip + ", $name, "@GOTTPOFF]"),
                "mov qword ptr fs:[{0}], {1}",
                out(reg) _,
                in(reg) $value,
                options(nostack, preserves_flags),
            );
        }
    }};
}
pub(super) use write;
