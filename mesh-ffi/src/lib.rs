//! `libmesh`: the C and C++ face of the allocator.
//!
//! It supplies what only a process has (one heap, a thread-local word, signals, fork, the environment), stands in front of the
//! functions of the C library that concern meshing, and translates failures into `errno`.
//!
//! Five floors, of which each imports from those below only:
//!
//! * `start`: how the library comes to life, and the environment;
//! * `face`: the symbols of C and C++, introspection, `mesh_mallctl`;
//! * `upkeep`: what is done in waits, in a thread of ours, or on a signal;
//! * `unseen`: what the program does that concerns meshing: signals, fork, system calls, pins;
//! * `ground`: the heap, the calling thread's word, the functions that we stand in front of.
#![no_std]
#![expect(
    unreachable_pub,
    reason = "what is public here is so for C, not for Rust"
)]
#![expect(non_snake_case, reason = "the names of C and C++ are what they are")]

mod face;
mod ground;
mod start;
mod unseen;
mod upkeep;

/// A bug of ours: one line, and the end.
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let mut line = ground::line::Line::new();
    line.text("internal error");
    if let Some(place) = info.location() {
        line.text(" at ")
            .text(place.file())
            .text(":")
            .number(place.line() as usize);
    }
    line.print();
    ground::system::abort()
}

// Named by the unwind tables of the precompiled core library. Nothing unwinds through us, so nobody calls it. Hidden:
// programs written in Rust have one of their own, which must not be replaced.
core::arch::global_asm!(
    ".pushsection .text.rust_eh_personality,\"ax\",@progbits",
    ".hidden rust_eh_personality",
    ".weak rust_eh_personality",
    ".type rust_eh_personality, @function",
    "rust_eh_personality:",
    ground::machine::trap!(),
    ".size rust_eh_personality, . - rust_eh_personality",
    ".popsection",
);
