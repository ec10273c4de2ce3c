//! What the recorder needs of x86-64.

use core::arch::asm;

/// Ticks since the machine was started; the same on all processors.
#[inline(always)]
pub(crate) fn ticks() -> u64 {
    // SAFETY: every x86-64 processor has the counter, and the kernel lets programs read it.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// The calling thread.
pub(crate) fn thread() -> u64 {
    let pointer: u64;
    // SAFETY: the first word of a thread's control block is its own address.
    unsafe {
        asm!("mov {}, fs:0", out(reg) pointer, options(nostack, readonly, preserves_flags));
    }
    pointer
}

/// Calls `$take` for the place that this returns to, and goes on at `$taken`.
macro_rules! take_the_lock {
    ($take:path, $taken:path) => {
        core::arch::naked_asm!(
            "mov rsi, [rsp]",
            "sub rsp, 8",
            "call {take}",
            "add rsp, 8",
            "jmp {taken}",
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
            "mov rsi, [rsp]",
            "sub rsp, 8",
            "call {take}",
            "add rsp, 8",
            "test al, al",
            "jne {taken}",
            "jmp {refused}",
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
            "sub rsp, 8",
            "call {open}",
            "add rsp, 8",
            "jmp {opened}",
            open = sym $open,
            opened = sym $opened,
        )
    };
}
pub(crate) use open_the_lock;
