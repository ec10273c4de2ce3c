//! Pages for spans of small objects, and their labels.

use super::{Labels, Metadata, Run};
use crate::grain::Grain;
use crate::lock::RawLock;
use crate::number::{OwnerId, PageCount, PageIndex, SizeClass, SpanId};

/// Pages, their labels, and runs for spans.
///
/// # Safety
/// * Runs that were handed out and not taken back do not overlap; their bytes are readable and writable.
/// * Labels and records are stored as they were set.
pub unsafe trait SpanPages: Metadata + Sync {
    /// Bytes in a page: a power of two.
    const PAGE_SIZE: usize;

    /// A lock that suits the system below.
    type Lock: RawLock + Sync;

    /// The largest that the [grain](Self::grain) may be.
    const COARSEST: Grain = Grain::PAGE;

    /// What the system maps, protects and takes back as one. It is the same each time.
    #[inline(always)]
    fn grain(&self) -> Grain {
        Grain::PAGE
    }

    /// Bytes of what the system has as one: a page of its own.
    #[inline(always)]
    fn system_page(&self) -> usize {
        Self::PAGE_SIZE * self.grain().pages()
    }

    /// Where the pages are, and their labels.
    fn labels(&self) -> Labels;

    /// A run for a span; what its bytes hold is unspecified. One of whole [grains](Self::grain) begins at a grain.
    fn allocate_span(&self, pages: PageCount) -> Option<PageIndex>;

    /// Takes a span's private pages back.
    ///
    /// # Safety
    /// The run came from [`allocate_span`](Self::allocate_span), is on private pages, and nobody uses it any more.
    unsafe fn free_span(&self, run: Run);

    /// Notes that the program gives pages of `run` a property of its own, by a system call: whoever gets the pages next must not
    /// find it. Takes no lock.
    fn note_property(&self, run: Run);

    /// Says what the pages of a span hold, and which record is the span's.
    fn label_span(&self, run: Run, class: SizeClass, owner: OwnerId, id: SpanId);

    /// Says that an object of `class` starts at the first of the pages of a span, the only one, and that `owner` got it.
    fn label_whole(&self, first: PageIndex, class: SizeClass, owner: OwnerId);

    /// Says that the object of `class` that starts at this page, if it still does and is still labelled for `owner`, must
    /// [never](OwnerId::NEVER) be kept. Takes no lock.
    fn never_keep(&self, first: PageIndex, class: SizeClass, owner: OwnerId);

    /// Says that no object starts in these pages.
    fn clear_labels(&self, run: Run);

    /// Changes the owner in the labels of a span.
    fn set_owner(&self, run: Run, class: SizeClass, owner: OwnerId);

    /// Links runs that were handed out and that nobody uses: `next`, if any, comes after the one at `first`. All runs that one caller
    /// links are linked, and [asked for](Self::next_run), under one lock of his.
    fn set_next_run(&self, first: PageIndex, next: Option<PageIndex>);

    /// What was [linked](Self::set_next_run) after the run at `first`.
    fn next_run(&self, first: PageIndex) -> Option<PageIndex>;

    /// The record of the span that `page` belongs to; meaningful only for pages of small objects.
    fn span_at(&self, page: PageIndex) -> SpanId;
}
