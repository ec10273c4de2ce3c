//! `libmesh_trace`: stands in front of an allocator, and records what the program asks of it.
//!
//! `LD_PRELOAD=libmesh_trace.so MESH_TRACE=FILE program`. Every call goes on to the next allocator in the order of search:
//! the C library's, or one that is preloaded behind. The bookkeeping is the crate `trace`'s; here is what only a process has.
//!
//! One lock and one buffer serve all threads. So the trace has one order, in which no address is given out before it
//! came back, and a player need not put threads together again. Nothing is allocated: tables are mappings of their own.
//!
//! * `c`: the functions of C that allocate;
//! * `next`, `nested`: the allocator behind, and what the loader asks for while it is looked up;
//! * `recording`: the trace of this process, from the constructor to the end;
//! * `system`, `file`, `kernel`: memory, the file, and system calls that no other library sees.
#![no_std]
#![expect(
    unreachable_pub,
    reason = "what is public here is so for C, not for Rust"
)]

mod c;
mod file;
mod kernel;
mod nested;
mod next;
mod recording;
mod system;

/// A bug of ours: the end.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    kernel::complain(&[b"internal error"]);
    // SAFETY: `abort` may be called at any time.
    unsafe { libc::abort() }
}

/// Where nobody comes to.
#[cfg(target_arch = "aarch64")]
macro_rules! trap {
    () => {
        "brk #1"
    };
}
#[cfg(target_arch = "x86_64")]
macro_rules! trap {
    () => {
        "ud2"
    };
}

// Named by the unwind tables of the precompiled core library. Nothing unwinds through us, so nobody calls it. Hidden:
// programs written in Rust have one of their own, which must not be replaced.
core::arch::global_asm!(
    ".pushsection .text.rust_eh_personality,\"ax\",@progbits",
    ".hidden rust_eh_personality",
    ".weak rust_eh_personality",
    ".type rust_eh_personality, @function",
    "rust_eh_personality:",
    trap!(),
    ".size rust_eh_personality, . - rust_eh_personality",
    ".popsection",
);
