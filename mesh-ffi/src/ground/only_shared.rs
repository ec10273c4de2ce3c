//! Names that `libmesh.so` exports and a program that is linked with `libmesh.a` does not get from us.
//!
//! Such a program has the C library's functions beside ours, which must not stand in their way: the linker takes the first
//! definition, and what the C library has by one name only would be lost; where it fetches the C library's as well, there would
//! be two. So there these are not ours, and what they tell us about the program nobody does. Meshing does without: it goes on
//! only behind a barrier at which the kernel waits.
//!
//! The linker makes the names: `build.rs` has it define each as `mesh_shared_…` in the library, and export it.

/// Exports functions of these names from `libmesh.so` only. They are listed in `only-shared.txt` as well.
macro_rules! only_shared {
    ($($function:ident),* $(,)?) => {$(
        core::arch::global_asm!(
            concat!(".pushsection .text.mesh_shared_", stringify!($function), ",\"ax\",@progbits"),
            concat!(".hidden mesh_shared_", stringify!($function)),
            concat!(".globl mesh_shared_", stringify!($function)),
            concat!(".type mesh_shared_", stringify!($function), ", @function"),
            concat!("mesh_shared_", stringify!($function), ":"),
            ".cfi_startproc",
            $crate::ground::machine::jump!("{function}"),
            ".cfi_endproc",
            concat!(".size mesh_shared_", stringify!($function), ", . - mesh_shared_", stringify!($function)),
            ".popsection",
            function = sym $function,
        );
    )*};
}
pub(crate) use only_shared;
