//! Spans on shared pages: onto them, and back to private ones.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use heap::{PageIndex, Refused, Run};

use crate::arena::Arena;
use crate::os::{Advice, Os};

impl<O: Os> Arena<O> {
    /// Makes the shared pages of a run accessible in the window.
    pub(crate) fn open_shared(&self, run: Run) -> Result<(), Refused> {
        let pages = self.ground().ok_or(Refused)?.map.pages();
        let windows = &mut *self.windows.lock();
        windows
            .current
            .open(&self.os, &mut windows.metadata, pages, run)
            .map_err(|_| Refused)
            .map(drop)
    }

    /// The window's address of a page that is open in it.
    fn in_window(&self, page: PageIndex) -> Result<NonNull<u8>, Refused> {
        let window = &mut self.windows.lock().current;
        window.address::<O>(page).ok_or(Refused)
    }

    /// Copies bytes of a span to shared pages.
    ///
    /// # Safety
    /// As for [`PageHeap::copy_to_shared`](heap::PageHeap::copy_to_shared).
    pub(crate) unsafe fn copy_to_shared(
        &self,
        from: PageIndex,
        to: PageIndex,
        offset: usize,
        len: usize,
    ) {
        let (Some(source), Ok(target)) = (self.address(from), self.in_window(to)) else {
            return;
        };
        // SAFETY: the caller says that the bytes lie in the span.
        let source = unsafe { source.add(offset) };
        // SAFETY: the shared pages are as long as the span.
        let target = unsafe { target.add(offset) };
        // SAFETY: readable at the span, writable in the window, and two different mappings; nobody writes meanwhile.
        unsafe { source.copy_to_nonoverlapping(target, len) };
    }

    /// The window is not needed for a while.
    pub(crate) fn close_shared(&self) {
        self.windows.lock().current.cool(&self.os);
    }

    /// Puts a run onto the shared pages of another.
    ///
    /// # Safety
    /// As for [`PageHeap::alias`](heap::PageHeap::alias).
    pub(crate) unsafe fn alias(&self, run: Run, onto: PageIndex) -> Result<(), Refused> {
        let ground = self.ground().ok_or(Refused)?;
        let from = self.in_window(onto)?;
        let to = self.address(run.first).ok_or(Refused)?;
        let len = Self::bytes(run);
        // SAFETY: the window's page and the span are the arena's; the caller says that the content is right.
        self.insist(|| unsafe { self.os.alias(from, len, to) })?;
        self.note_writable(run);
        self.note_onto(&ground.map, run, Some(onto));
        self.watch.lock().wake_later((to, len));
        Ok(())
    }

    /// Gives shared pages back.
    ///
    /// # Safety
    /// As for [`PageHeap::free_shared`](heap::PageHeap::free_shared).
    pub(crate) unsafe fn free_shared(&self, run: Run) {
        let at = {
            let window = &mut self.windows.lock().current;
            window.forget(run);
            window.address::<O>(run.first)
        };
        let Some(at) = at else { return };
        // SAFETY: no span is on the pages any more.
        if unsafe { self.os.punch(at, Self::bytes(run)) }.is_err() {
            // The pages stay until the window goes; they are reused when this run is meshed again.
            self.hints_refused.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Puts an unused run onto fresh private pages, and takes it back.
    ///
    /// # Safety
    /// As for [`PageHeap::dissolve`](heap::PageHeap::dissolve).
    pub(crate) unsafe fn dissolve(&self, run: Run) -> Result<(), Refused> {
        let ground = self.ground().ok_or(Refused)?;
        // SAFETY: nobody uses the run any more.
        unsafe { self.renew(run) }?;
        if let Some(at) = self.address(run.first) {
            self.hint(at, Self::bytes(run), Advice::NoHugePages);
        }
        self.note_onto(&ground.map, run, None);
        self.state.lock().spans.clean.insert(&ground.map, run);
        Ok(())
    }

    /// Puts a run onto private pages with the content of the shared ones.
    ///
    /// # Safety
    /// As for [`PageHeap::make_private`](heap::PageHeap::make_private).
    pub(crate) unsafe fn make_private(&self, run: Run, onto: PageIndex) -> Result<(), Refused> {
        let ground = self.ground().ok_or(Refused)?;
        let from = self.in_window(onto)?;
        let to = self.address(run.first).ok_or(Refused)?;
        // SAFETY: the content is in the window; the caller keeps everybody else away.
        unsafe { self.renew(run) }?;
        self.note_writable(run);
        // Before the pages are written: then they are one mapping with their neighbours.
        self.hint(to, Self::bytes(run), Advice::NoHugePages);
        // SAFETY: both ranges are as long as the run, and apart.
        unsafe { from.copy_to_nonoverlapping(to, Self::bytes(run)) };
        self.note_onto(&ground.map, run, None);
        Ok(())
    }
}
