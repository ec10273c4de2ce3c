//! Pages for large objects.

use super::SpanPages;
use crate::number::{PageCount, PageIndex};

/// A run for a large object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LargeRun {
    /// Its first page.
    pub first: PageIndex,
    /// Whether all its bytes are known to be zero.
    pub zeroed: bool,
}

/// Large objects: runs of their own.
///
/// # Safety
/// As for [`SpanPages`]: runs do not overlap with others, and a move loses no byte.
///
/// All counts of pages that are passed are of whole [grains](SpanPages::grain).
pub unsafe trait LargePages: SpanPages {
    /// A run at an address that is a multiple of `align` pages (a power of two).
    fn allocate_large(&self, pages: PageCount, align: PageCount) -> Option<LargeRun>;

    /// The length of the large object that starts at `page`, if one does.
    fn large_pages(&self, page: PageIndex) -> Option<PageCount>;

    /// Takes a large object's run back; says how long it was, or `None` (and does nothing) when none starts at `page`.
    ///
    /// # Safety
    /// Nobody uses the object any more.
    unsafe fn free_large(&self, page: PageIndex) -> Option<PageCount>;

    /// A run for a large object that grows: behind it are addresses for it to grow to `room` pages where it is, if that can be had
    /// without memory.
    fn allocate_growing(&self, pages: PageCount, room: PageCount) -> Option<LargeRun>;

    /// Makes the large object at `page` longer or shorter where it is; says whether it could.
    ///
    /// # Safety
    /// A large object starts at `page`; nobody uses what is cut off.
    ///
    /// Memory that is cut off goes back to the system, its addresses may stay with the object.
    unsafe fn resize_large(&self, page: PageIndex, pages: PageCount) -> bool;

    /// Moves the large object at `page` into a run of `pages` pages, if that is cheaper than copying, with addresses for it to grow
    /// to `room` pages if these can be had.
    ///
    /// # Safety
    /// A large object starts at `page`; nobody uses it at its old address any more.
    unsafe fn move_large(
        &self,
        page: PageIndex,
        pages: PageCount,
        room: PageCount,
    ) -> Option<PageIndex>;
}
