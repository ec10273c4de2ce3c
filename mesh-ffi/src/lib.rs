//! `libmesh`: the C and C++ face of the allocator.
//!
//! Thin: it supplies what only a process has (one heap, a thread-local word, signals, fork, the environment) and translates
//! failures into `errno`.
//!
//! * `process`: the heap, and how the library comes to life;
//! * `tls`: the calling thread's word;
//! * `slow`: what the entry points do when the thread's front end has no answer;
//! * `c`, `glibc`, `cxx`, `introspection`, `mallctl`: the symbols;
//! * `background`: a thread for the upkeep;
//! * `pinning`, `shared_futexes`, `asynchronous`, `stop`: what must not be meshed;
//! * `signals`, `fork`, `idle`, `receiving`: what the program does that concerns meshing;
//! * `rest`, `threads`: what a thread keeps while it sleeps;
//! * `written`, `peek`, `reach`, `hazards`: what a system call may write to, published while it runs;
//! * `config`, `summary`, `map`, `line`: the environment, and what is printed or written.
#![no_std]
#![expect(
    unreachable_pub,
    reason = "what is public here is so for C, not for Rust"
)]

mod asynchronous;
mod background;
mod c;
mod config;
mod cxx;
mod errno;
mod fork;
mod glibc;
mod hazards;
mod idle;
mod introspection;
mod line;
mod mallctl;
mod map;
mod next;
mod peek;
mod pinning;
mod process;
mod reach;
mod receiving;
mod rest;
mod shared_futexes;
mod signals;
mod slow;
mod stop;
mod summary;
mod threads;
mod tls;
mod written;

/// A bug of ours: one line, and the end.
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let mut line = line::Line::new();
    line.text("internal error");
    if let Some(place) = info.location() {
        line.text(" at ")
            .text(place.file())
            .text(":")
            .number(place.line() as usize);
    }
    line.print();
    // SAFETY: `abort` may be called at any time.
    unsafe { libc::abort() }
}

// Named by the unwind tables of the precompiled core library. Nothing unwinds through us, so nobody calls it. Hidden:
// programs written in Rust have one of their own, which must not be replaced.
core::arch::global_asm!(
    ".pushsection .text.rust_eh_personality,\"ax\",@progbits",
    ".hidden rust_eh_personality",
    ".weak rust_eh_personality",
    ".type rust_eh_personality, @function",
    "rust_eh_personality:",
    "ud2",
    ".size rust_eh_personality, . - rust_eh_personality",
    ".popsection",
);
