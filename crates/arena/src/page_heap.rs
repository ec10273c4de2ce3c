//! The arena as a [`PageHeap`]: what takes more than a few lines is in the files by subject.

use core::alloc::Layout;
use core::ptr::NonNull;

use heap::{
    Barrier, Label, Labels, LargeRun, Metadata, OwnerId, PageCount, PageHeap, PageIndex, Refused,
    Run, SizeClass, SpanId,
};

use crate::arena::{Arena, Side};
use crate::os::{Access, Os};
use crate::protection::BarrierTier;
use crate::run_store::Place;

// SAFETY: metadata comes zeroed from the system, is handed out once, and is never unmapped.
unsafe impl<O: Os> Metadata for Arena<O> {
    fn metadata(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.allocate_metadata(layout)
    }

    unsafe fn forget_metadata(&self, start: NonNull<u8>, len: usize) {
        // A refusal leaves it as it is.
        // SAFETY: the range is the caller's, who does not need its content (contract).
        let _ = unsafe { self.os.discard(start, len) };
    }
}

// SAFETY: runs come from the stores, which hold each page at most once, or from the frontiers, which only move on. The
// steps of a mesh change what a mapping permits or where it points to as each method says, and report it if they do not.
unsafe impl<O: Os> PageHeap for Arena<O> {
    const PAGE_SIZE: usize = O::PAGE_SIZE;
    type Lock = O::Lock;

    fn labels(&self) -> Labels {
        self.ground().map_or(Labels::none(), |ground| ground.labels)
    }

    fn allocate_span(&self, pages: PageCount) -> Option<PageIndex> {
        self.take(Side::Spans, Place::anywhere(pages))
            .map(|(run, _)| run.first)
    }

    unsafe fn free_span(&self, run: Run) {
        if let Some(ground) = self.ground() {
            self.state.lock().give_back(&ground.map, Side::Spans, run);
        }
    }

    fn label_span(&self, run: Run, class: SizeClass, owner: OwnerId, id: SpanId) {
        let Some(ground) = self.ground() else { return };
        for page in (run.first.0..run.end().0).map(PageIndex) {
            ground.map.set_record(page, id.0);
            ground.map.set_label(page, Label::small(class, owner));
        }
    }

    fn set_owner(&self, run: Run, class: SizeClass, owner: OwnerId) {
        let Some(ground) = self.ground() else { return };
        for page in (run.first.0..run.end().0).map(PageIndex) {
            ground.map.set_label(page, Label::small(class, owner));
        }
    }

    fn span_at(&self, page: PageIndex) -> SpanId {
        SpanId(self.ground().map_or(0, |ground| ground.map.span_id(page)))
    }

    fn allocate_large(&self, pages: PageCount, align: PageCount) -> Option<LargeRun> {
        Self::allocate_large(self, pages, align)
    }

    fn large_pages(&self, page: PageIndex) -> Option<PageCount> {
        Self::large_pages(self, page)
    }

    unsafe fn free_large(&self, page: PageIndex) -> Option<PageCount> {
        // SAFETY: the same contract.
        unsafe { Self::free_large(self, page) }
    }

    unsafe fn resize_large(&self, page: PageIndex, pages: PageCount) -> bool {
        // SAFETY: the same contract.
        unsafe { Self::resize_large(self, page, pages) }
    }

    unsafe fn move_large(&self, page: PageIndex, pages: PageCount) -> Option<PageIndex> {
        // SAFETY: the same contract.
        unsafe { Self::move_large(self, page, pages) }
    }

    fn mappings_permit(&self) -> bool {
        // At the limit meshes would use up what is kept for steps that must not fail.
        // Who asks keeps others out of a barrier.
        let ballast = &mut self.windows.lock().ballast;
        // Nothing else may come by that would take it on board again.
        ballast.load(&self.os);
        ballast.is_full()
    }

    fn mappings_left(&self) -> usize {
        // Who asks keeps others out of a barrier.
        let windows = self.windows.lock().current.mapped();
        self.count_left(windows)
    }

    fn mappings_permitted(&self) -> usize {
        Self::mappings_permitted(self)
    }

    fn mappings_to_share(&self, run: Run) -> usize {
        self.borders_to_come(run)
    }

    fn mappings_to_dissolve(&self, run: Run) -> usize {
        self.borders_left_behind(run)
    }

    fn begin_barrier(&self) -> Barrier {
        Self::begin_barrier(self)
    }

    fn is_named(&self, run: Run) -> bool {
        self.kernel_writes.names(run)
    }

    fn each_named(&self, act: impl FnMut(Run)) {
        self.kernel_writes.published().for_each(act);
    }

    fn end_barrier(&self, barrier: Barrier) {
        Self::end_barrier(self, barrier);
    }

    fn protect(&self, run: Run) -> Result<(), Refused> {
        Self::protect(self, run)
    }

    fn stops_the_kernel(&self) -> bool {
        self.barrier_tier() == BarrierTier::Userfaultfd
    }

    fn protect_from_all(&self, run: Run) -> Result<(), Refused> {
        Self::protect_from_all(self, run)
    }

    fn unprotect(&self, run: Run) {
        Self::unprotect(self, run);
    }

    fn open_shared(&self, run: Run) -> Result<(), Refused> {
        Self::open_shared(self, run)
    }

    unsafe fn copy_to_shared(&self, from: PageIndex, to: PageIndex, offset: usize, len: usize) {
        // SAFETY: the same contract.
        unsafe { Self::copy_to_shared(self, from, to, offset, len) }
    }

    fn close_shared(&self) {
        Self::close_shared(self);
    }

    unsafe fn alias(&self, run: Run, onto: PageIndex) -> Result<(), Refused> {
        // SAFETY: the same contract.
        unsafe { Self::alias(self, run, onto) }
    }

    unsafe fn free_shared(&self, run: Run) {
        // SAFETY: the same contract.
        unsafe { Self::free_shared(self, run) }
    }

    unsafe fn dissolve(&self, run: Run) -> Result<(), Refused> {
        // SAFETY: the same contract.
        unsafe { Self::dissolve(self, run) }
    }

    fn lock_for_fork(&self) {
        Self::lock_for_fork(self);
    }

    fn lock_shared_for_fork(&self) {
        Self::lock_shared_for_fork(self);
    }

    unsafe fn unlock_after_fork(&self) {
        // SAFETY: the same contract.
        unsafe { Self::unlock_after_fork(self) }
    }

    fn reserve_snapshot(&self, run: Run) -> Result<(), Refused> {
        Self::reserve_snapshot(self, run)
    }

    fn copy_to_snapshot(&self, run: Run) {
        Self::copy_to_snapshot(self, run);
    }

    fn drop_snapshot(&self) {
        Self::drop_snapshot(self);
    }

    fn adopt_snapshot(&self) {
        Self::adopt_snapshot(self);
    }

    fn fill(&self, run: Run) -> Result<(), Refused> {
        Self::fill(self, run)
    }

    fn next_shared(&self, from: PageIndex) -> Option<PageIndex> {
        Self::next_shared(self, from)
    }

    unsafe fn make_private(&self, run: Run, onto: PageIndex) -> Result<(), Refused> {
        // SAFETY: the same contract.
        unsafe { Self::make_private(self, run, onto) }
    }

    fn map_scratch(&self, bytes: usize) -> Option<NonNull<u8>> {
        self.os
            .reserve(
                bytes.checked_next_multiple_of(O::PAGE_SIZE)?,
                Access::ReadWrite,
            )
            .ok()
    }

    unsafe fn unmap_scratch(&self, scratch: NonNull<u8>, bytes: usize) {
        // SAFETY: mapped by `map_scratch` with this length, and unused.
        let _ = unsafe { self.os.unmap(scratch, bytes.next_multiple_of(O::PAGE_SIZE)) };
    }

    fn purge(&self, all: bool, nanoseconds: u64) -> bool {
        Self::purge(self, all, nanoseconds)
    }

    fn clock_ms(&self) -> u64 {
        self.os.clock_ms()
    }

    fn clock_ns(&self) -> u64 {
        self.os.clock_ns()
    }

    fn entropy(&self) -> u64 {
        self.os.entropy()
    }
}
