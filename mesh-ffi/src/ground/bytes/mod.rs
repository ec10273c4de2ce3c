//! `memcpy` and its like, which the compiler calls by these names: the C library's own, not a program's.
//!
//! In `libmesh.so` the linker reads `memcpy` as `mesh_memcpy` (see `build.rs`). Before the C library is known, simple loops of
//! the processor do. `libmesh.a` is linked with the program's, as anything in the program is.

#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
mod simple;

use core::ffi::c_void;
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::ground::resolved::Next;

use simple::{simple_compare, simple_length, simple_move, simple_set};

/// Declares `$symbol`, which goes on where `$place` leads: to `$simple`, and from [`adopt`] on to the C library's `$name`.
macro_rules! bytes {
    ($($place:ident = $symbol:literal, $name:literal, $simple:ident;)*) => {
        $(
            static $place: AtomicPtr<c_void> = AtomicPtr::new($simple as *mut c_void);
            core::arch::global_asm!(
                concat!(".pushsection .text.", $symbol, ",\"ax\",@progbits"),
                concat!(".hidden ", $symbol),
                concat!(".globl ", $symbol),
                concat!(".type ", $symbol, ", @function"),
                concat!($symbol, ":"),
                ".cfi_startproc",
                $crate::ground::machine::jump_by!("{place}"),
                ".cfi_endproc",
                concat!(".size ", $symbol, ", . - ", $symbol),
                ".popsection",
                place = sym $place,
            );
        )*

        /// Takes the C library's. To be called when all names were looked up.
        pub(crate) fn adopt() {
            $({
                #[unsafe(link_section = "mesh_next")]
                static OWN: Next = Next::of_c_library($name);
                let own = OWN.address();
                if !own.is_null() {
                    $place.store(own, Ordering::Relaxed);
                }
            })*
        }
    };
}

bytes! {
    COPY = "mesh_memcpy", c"memcpy", simple_move;
    MOVE = "mesh_memmove", c"memmove", simple_move;
    SET = "mesh_memset", c"memset", simple_set;
    COMPARE = "mesh_memcmp", c"memcmp", simple_compare;
    DIFFER = "mesh_bcmp", c"bcmp", simple_compare;
    LENGTH = "mesh_strlen", c"strlen", simple_length;
}
