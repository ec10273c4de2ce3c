//! Whether other threads may write to the heap while a fork copies from it.

use meshheap::Writers;

use crate::ground::next::Next;

/// A `char` of the C library from 2.32 on: not zero while the process has one thread for certain.
#[unsafe(link_section = "mesh_next")]
static SINGLE_THREADED: Next = Next::new(c"__libc_single_threaded");

/// Who else may write. A thread made by the system call alone is not seen, as by the C library itself.
pub(super) fn others() -> Writers {
    let flag = SINGLE_THREADED.address().cast::<u8>();
    // SAFETY: the C library's variable of this name; only a thread that starts another one writes it.
    if !flag.is_null() && unsafe { flag.read_volatile() } != 0 {
        Writers::Nobody
    } else {
        Writers::OtherThreads
    }
}
