//! All that can be given back, at once.

use crate::front;
use crate::heap::HEAP;

/// Gives it back: what the calling thread keeps, what meshing finds, and unused pages. Returns the number of bytes.
pub(crate) fn compact() -> usize {
    if let Some(front) = front::front() {
        // SAFETY: the calling thread's own, used by this call alone.
        unsafe { &mut *front.as_ptr() }.flush();
    }
    // A cycle of another thread has looked at some spans before the program freed what was in them.
    HEAP.global().between_cycles(|| ());
    let unused = HEAP.global().pages().stats().dirty;
    HEAP.global().compact() + unused
}
