//! `dlopen` with RTLD_DEEPBIND.
//!
//! A library that is loaded so finds the C library's `malloc` and `free` before ours, and frees there what others have from
//! us. The flag is for libraries that bring functions under names that the program has too, and few of them need it; so it is
//! cleared. The loader looks at the address that it will return to: whose RUNPATH and namespace apply is the caller's
//! matter. So ours are jumps: nobody sees that they stand in between.

#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
mod machine;

use core::ffi::{c_char, c_int, c_void};
use core::sync::atomic::{AtomicBool, Ordering};

use crate::ground::line::Line;
use crate::ground::next::Next;
use crate::ground::only_shared::only_shared;

use machine::{jump_with_three, jump_with_two};

#[unsafe(link_section = "mesh_next")]
static DLOPEN: Next = Next::new(c"dlopen");
#[unsafe(link_section = "mesh_next")]
static DLMOPEN: Next = Next::new(c"dlmopen");

/// Whether the flag stays.
static KEPT: AtomicBool = AtomicBool::new(false);

/// Lets libraries that ask for it find their own functions first.
pub(crate) fn keep_deep_binding() {
    KEPT.store(true, Ordering::Relaxed);
}

/// Where to jump to, and which bits of the flags stay: in two registers.
#[repr(C)]
struct Onward {
    function: *mut c_void,
    flags: usize,
}

fn onward(next: &Next) -> Onward {
    let cleared = if KEPT.load(Ordering::Relaxed) {
        0
    } else {
        libc::RTLD_DEEPBIND as usize
    };
    let function = next.address();
    if function.is_null() {
        Line::new()
            .text("a static program opens no libraries")
            .print();
    }
    Onward {
        function,
        flags: !cleared,
    }
}

extern "C" fn to_dlopen() -> Onward {
    onward(&DLOPEN)
}

extern "C" fn to_dlmopen() -> Onward {
    onward(&DLMOPEN)
}

only_shared!(dlopen);

/// As the C library's. Null, and a line, where there is none.
///
/// # Safety
/// As for the C library's.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void {
    jump_with_two!(to_dlopen)
}

only_shared!(dlmopen);

/// As the C library's. Null, and a line, where there is none.
///
/// # Safety
/// As for the C library's.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn dlmopen(
    namespace: libc::c_long,
    name: *const c_char,
    flags: c_int,
) -> *mut c_void {
    jump_with_three!(to_dlmopen)
}
