//! Functions of the C library by names that are not ours.
//!
//! A weak reference finds such a function if it is in the program, and makes the linker fetch nothing. What makes it fetch them
//! are references to functions that programs may call, that lie in the same file of the C library's archive, or need that file.
//! In `libmesh.so` all of these lead nowhere (see `build.rs`).

/// Finds a function of the C library, if the linker has put it into the program; null otherwise.
macro_rules! linked {
    ($name:literal) => {
        || $crate::ground::machine::linked_address!($name, ".weak", ".hidden")
    };
    // One that programs may call: in a program with a shared C library it is there, and must not be hidden.
    (public $name:literal) => {
        || $crate::ground::machine::linked_address!($name, ".weak")
    };
}
pub(super) use linked;

/// Finds a function of the C library that programs may call: the linker puts it into the program for us.
macro_rules! fetched {
    ($name:literal) => {
        || $crate::ground::machine::linked_address!($name)
    };
}
pub(super) use fetched;

// What is fetched along is in the comments.
core::arch::global_asm!(
    ".pushsection .data.rel.ro.mesh_fetched,\"aw\",@progbits",
    ".p2align 3",
    // `__libc_fork`.
    ".quad __fork",
    ".quad cnd_init",
    ".quad mtx_init",
    // Barriers.
    ".quad mq_notify",
    ".popsection",
);
