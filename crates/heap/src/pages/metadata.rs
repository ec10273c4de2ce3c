//! Memory for records.

use core::alloc::Layout;
use core::ptr::NonNull;

/// Memory for records, which never goes back.
///
/// # Safety
/// A block is valid, zeroed, aligned as asked, and nobody else's, for as long as `self` lives and after it.
pub unsafe trait Metadata {
    /// Zeroed memory for records, or `None` when there is none.
    fn metadata(&self, layout: Layout) -> Option<NonNull<u8>>;

    /// The content of `len` bytes from `start` is not needed: they may read as zeros from now on, or stay as they are. Both
    /// are multiples of a page.
    ///
    /// # Safety
    /// The range lies in one block, whose owner calls.
    unsafe fn forget_metadata(&self, start: NonNull<u8>, len: usize) {
        let _ = (start, len);
    }
}
