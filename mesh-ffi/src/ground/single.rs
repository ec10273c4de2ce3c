//! Whether this process has one thread.

use crate::ground::next::Next;

/// A `char` of the C library from 2.32 on: not zero while the process has one thread for certain.
#[unsafe(link_section = "mesh_next")]
static SINGLE_THREADED: Next = Next::new(c"__libc_single_threaded");

/// Whether this process has one thread for certain. Others that were made by the system call alone are not seen, as by the C library itself.
pub(crate) fn has_one_thread() -> bool {
    let flag = SINGLE_THREADED.address().cast::<u8>();
    // SAFETY: the C library's variable of this name; only a thread that starts another one writes it.
    !flag.is_null() && unsafe { flag.read_volatile() } != 0
}
