//! Objects on page runs of their own. No class lock is involved.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use heap::{LargeRun, PageCount, PageIndex, PlainPages};

use crate::global::GlobalHeap;
use crate::report::{Misuse, Report};
use crate::tuning::{REMAPPED, SMALL_STEP};

/// A new large object.
#[derive(Clone, Copy, Debug)]
pub struct LargeBlock {
    /// Its address.
    pub start: NonNull<u8>,
    /// Whether all its bytes are known to be zero.
    pub zeroed: bool,
}

/// How many pages of addresses an object gets that grew from `before` to `pages` pages: half as many again if that was a small step.
/// Larger ones are in proportion to the object anyway, and few.
fn room(before: PageCount, pages: PageCount) -> PageCount {
    let is_slow = pages.0.saturating_sub(before.0) < before.0 / SMALL_STEP;
    let more = if is_slow { pages.0 / 2 } else { 0 };
    PageCount(pages.0.saturating_add(more))
}

impl<P: PlainPages, R: Report> GlobalHeap<P, R> {
    /// Bytes of large objects.
    pub fn large_bytes(&self) -> usize {
        self.large_bytes.load(Ordering::Relaxed)
    }

    fn pages_for(&self, size: usize) -> Option<PageCount> {
        let pages = self.pages.grain().up(size.max(1).div_ceil(P::PAGE_SIZE));
        u32::try_from(pages).ok().map(PageCount)
    }

    /// How many pages of addresses an object gets that grew from `before` to `pages` pages.
    fn room(&self, before: PageCount, pages: PageCount) -> PageCount {
        self.pages.grain().count_up(room(before, pages))
    }

    fn large_at(&self, object: NonNull<u8>) -> Option<(PageIndex, PageCount)> {
        let labels = self.labels();
        let page = labels.page_at(object.addr().get())?;
        let starts = labels.address_of(page) == object.addr().get();
        starts.then_some((page, self.pages.large_pages(page)?))
    }

    /// An object of at least `size` bytes on pages of its own, aligned to `align` bytes, a power of two. `None` when there
    /// is no memory.
    pub fn place_large(&self, size: usize, align: usize) -> Option<LargeBlock> {
        let align = u32::try_from(align.div_ceil(P::PAGE_SIZE).max(1)).ok()?;
        let pages = self.pages_for(size)?;
        let allocate = || self.pages.allocate_large(pages, PageCount(align));
        let run = allocate().or_else(|| self.send_home().then(allocate)?)?;
        self.add_large(run, pages)
    }

    /// An object of at least `size` bytes in the place of one of `before` bytes, with addresses for it to grow further if it grows by
    /// small steps: then growth takes time in proportion to the bytes in the end, and not to the number of steps.
    pub fn place_growing(&self, size: usize, before: usize) -> Option<LargeBlock> {
        let (pages, before) = (self.pages_for(size)?, self.pages_for(before)?);
        let run = self
            .pages
            .allocate_growing(pages, self.room(before, pages))?;
        self.add_large(run, pages)
    }

    /// Counts a new object.
    fn add_large(&self, run: LargeRun, pages: PageCount) -> Option<LargeBlock> {
        self.large_bytes
            .fetch_add(pages.index() * P::PAGE_SIZE, Ordering::Relaxed);
        self.large_count.fetch_add(1, Ordering::Relaxed);
        let start = NonNull::new(self.labels().address_of(run.first) as *mut u8)?;
        Some(LargeBlock {
            start,
            zeroed: run.zeroed,
        })
    }

    /// Takes a large object back, and says how many bytes that were. An address at which none starts is reported and otherwise ignored.
    ///
    /// # Safety
    /// Nobody uses the object any more.
    pub unsafe fn remove_large(&self, object: NonNull<u8>) -> usize {
        let freed = self.large_at(object).and_then(|(page, _)| {
            // SAFETY: nobody uses the object any more.
            unsafe { self.pages.free_large(page) }
        });
        match freed {
            Some(pages) => {
                let bytes = pages.index() * P::PAGE_SIZE;
                self.large_bytes.fetch_sub(bytes, Ordering::Relaxed);
                self.large_count.fetch_sub(1, Ordering::Relaxed);
                bytes
            }
            None => {
                Self::misuse(Misuse::NotAnObject, object.addr().get());
                0
            }
        }
    }

    /// Makes room for `size` bytes in a large object, where it is or, if that is cheaper than copying, at another address,
    /// which is returned. `None`: nothing has changed.
    ///
    /// # Safety
    /// The object is in use, and only through its new address from now on; nobody uses what is cut off.
    pub unsafe fn resize_large(&self, object: NonNull<u8>, size: usize) -> Option<NonNull<u8>> {
        // SAFETY: the same contract.
        if unsafe { self.resize_in_place(object, size) } {
            return Some(object);
        }
        let (page, before) = self.large_at(object)?;
        let pages = self.pages_for(size)?;
        if before.index() * P::PAGE_SIZE < REMAPPED {
            return None;
        }
        // SAFETY: a large object starts here, and its old address is not used any more (contract).
        let moved = unsafe { self.pages.move_large(page, pages, self.room(before, pages)) }?;
        let resized = NonNull::new(self.labels().address_of(moved) as *mut u8)?;
        self.count_resized(resized, before, pages);
        Some(resized)
    }

    /// Makes a large object `size` bytes long where it is; says whether it could. `false`: nothing has changed.
    ///
    /// # Safety
    /// The object is in use; nobody uses what is cut off.
    pub unsafe fn resize_in_place(&self, object: NonNull<u8>, size: usize) -> bool {
        let (Some((page, before)), Some(pages)) = (self.large_at(object), self.pages_for(size))
        else {
            return false;
        };
        if pages == before {
            return true;
        }
        // SAFETY: a large object starts here, and the caller gives up what is cut off.
        let resized = unsafe { self.pages.resize_large(page, pages) };
        if resized {
            self.count_resized(object, before, pages);
        }
        resized
    }

    /// Counts what an object of `before` pages has now, which was to be `pages`.
    fn count_resized(&self, object: NonNull<u8>, before: PageCount, pages: PageCount) {
        let after = self.large_at(object).map_or(pages, |(_, pages)| pages);
        self.large_bytes
            .fetch_add(after.index() * P::PAGE_SIZE, Ordering::Relaxed);
        self.large_bytes
            .fetch_sub(before.index() * P::PAGE_SIZE, Ordering::Relaxed);
    }
}
