//! The arena as a [`PageHeap`].

use core::alloc::Layout;
use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use heap::{
    Barrier, Label, Labels, LargeRun, Metadata, OwnerId, PageCount, PageHeap, PageIndex, Refused,
    Run, SizeClass, SpanId,
};

use crate::arena::{Arena, Side};
use crate::os::{Access, Advice, NotMoved, Os, SignalMask};
use crate::page_map::NOWHERE;
use crate::protection::BarrierTier;
use crate::run_store::Place;
use crate::tuning;

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
        let ground = self.ground()?;
        let base = ground.labels.address_of(PageIndex(0)) / O::PAGE_SIZE;
        let (run, zeroed) = self.take(Side::Large, Place::aligned(pages, align, base))?;
        let large = self.label_large(&ground.map, run, Label::LARGE);
        Some(LargeRun { zeroed, ..large })
    }

    fn large_pages(&self, page: PageIndex) -> Option<PageCount> {
        self.large_run(page).map(|run| run.pages)
    }

    unsafe fn free_large(&self, page: PageIndex) -> Option<PageCount> {
        let ground = self.ground()?;
        let map = &ground.map;
        let mut state = self.state.lock();
        // Looked up under the lock, so that of two frees of one object only the first finds it.
        let run = self.large_run(page)?;
        let moved = map.label(page) == Label::LARGE_MOVED;
        // An unused run has labels at its ends only: merged with the run before it, this one would still look like an object.
        map.set_ends(run, Label::UNLABELLED);
        if moved {
            drop(state);
            // SAFETY: the object is dead. A moved run has a mapping of its own until it is renewed.
            let renewed = unsafe { self.renew_uninterrupted(run) }.is_ok();
            state = self.state.lock();
            if renewed {
                self.mappings.fetch_sub(2, Ordering::Relaxed);
                state.large.clean.insert(map, run);
                return Some(run.pages);
            }
        }
        state.give_back(map, Side::Large, run);
        Some(run.pages)
    }

    unsafe fn resize_large(&self, page: PageIndex, pages: PageCount) -> bool {
        let (Some(ground), true) = (self.ground(), pages.0 > 0) else {
            return false;
        };
        let map = &ground.map;
        let mut state = self.state.lock();
        let Some(run) = self.large_run(page) else {
            return false;
        };
        let label = map.label(page);
        if pages > run.pages {
            if label == Label::LARGE_MOVED {
                // It would be two mappings then, and could not be moved any more.
                return false;
            }
            let extra = Run {
                first: run.end(),
                pages: PageCount(pages.0 - run.pages.0),
            };
            if !self.extend(&mut state, extra) {
                return false;
            }
        } else if pages < run.pages {
            if label == Label::LARGE_MOVED {
                // The tail would keep a mapping of its own; the object keeps the tail instead.
                return true;
            }
            let first = run.first.plus(pages);
            let tail = Run {
                first,
                pages: PageCount(run.pages.0 - pages.0),
            };
            state.give_back(map, Side::Large, tail);
        }
        let _ = self.label_large(map, Run { first: page, pages }, label);
        true
    }

    unsafe fn move_large(&self, page: PageIndex, pages: PageCount) -> Option<PageIndex> {
        let old = self.large_run(page)?;
        if pages <= old.pages
            || self.count_left(self.with_windows(|windows| windows.current.mapped())) < 2
        {
            return None;
        }
        let map = self.ground()?.map;
        let (new, _) = self.take(Side::Large, Place::anywhere(pages))?;
        let (from, to) = (self.address(old.first)?, self.address(new.first)?);
        let (len, new_len) = (Self::bytes(old), Self::bytes(new));
        // SAFETY: both runs are the arena's: the old object is given up by the caller, the new run is unused.
        let moved = unsafe { self.os.move_pages(from, len, to, new_len) };
        let mut state = self.state.lock();
        match moved {
            Ok(()) => {}
            Err(NotMoved::Refused) => {
                state.give_back(&map, Side::Large, new);
                return None;
            }
            // Addresses are what there is most of.
            Err(NotMoved::TargetLost) => return None,
        }
        if map.label(old.first) != Label::LARGE_MOVED {
            self.mappings.fetch_add(2, Ordering::Relaxed);
        }
        let _ = self.label_large(&map, new, Label::LARGE_MOVED);
        map.set_ends(old, Label::UNLABELLED);
        // The pages went with the object: what is left reads as zeros.
        state.large.clean.insert(&map, old);
        Some(new.first)
    }

    fn mappings_permit(&self) -> bool {
        // At the limit meshes would use up what is kept for steps that must not fail.
        // This is asked in a barrier, with signals blocked.
        self.windows.lock().ballast.is_full()
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
        let mask = self.os.block_signals();
        self.windows.lock().ballast.load(&self.os);
        self.barrier.begin();
        self.kernel_writes.look(&self.os);
        Barrier(mask.0)
    }

    fn is_named(&self, run: Run) -> bool {
        self.kernel_writes.names(run)
    }

    fn each_named(&self, act: impl FnMut(Run)) {
        self.kernel_writes.published().for_each(act);
    }

    fn end_barrier(&self, barrier: Barrier) {
        debug_assert_eq!(
            self.protected.load(Ordering::Relaxed),
            0,
            "a run stays protected"
        );
        self.watch.lock().settle(&self.os);
        self.forking.store(false, Ordering::Relaxed);
        self.held_in_kernel.store(false, Ordering::Relaxed);
        self.barrier.end(&self.os);
        self.os.restore_signals(SignalMask(barrier.0));
    }

    fn protect(&self, run: Run) -> Result<(), Refused> {
        let (at, len) = self.range(run).ok_or(Refused)?;
        let in_kernel = if self.forking() {
            None
        } else {
            self.hold_in_kernel(run)
        };
        // SAFETY: the arena owns the range; a barrier is under way, so writers wait.
        let by_signal = || unsafe { self.os.protect(at, len, Access::Read) };
        self.note_protected(run, in_kernel.unwrap_or_else(by_signal))
    }

    fn stops_the_kernel(&self) -> bool {
        self.barrier_tier() == BarrierTier::Userfaultfd
    }

    fn protect_from_all(&self, run: Run) -> Result<(), Refused> {
        let (at, len) = self.range(run).ok_or(Refused)?;
        // A thread that runs on the pages would wait for itself.
        let here = (&raw const at).addr();
        if (at.addr().get()..at.addr().get() + len).contains(&here) {
            return Err(Refused);
        }
        let held = self.hold_in_kernel(run).ok_or(Refused)?;
        self.held_in_kernel.store(true, Ordering::Relaxed);
        self.note_protected(run, held)
    }

    fn unprotect(&self, run: Run) {
        let Some((at, len)) = self.range(run) else {
            return;
        };
        let held = !self.forking() || self.held_in_kernel.load(Ordering::Relaxed);
        let lift = || self.watch.lock().lift(&self.os, (at, len));
        if held && self.insist(lift).is_err() {
            self.watch.lock().lift_in_place(&self.os, (at, len));
        }
        // Either tier may have protected it.
        // SAFETY: the arena owns the range, and more access never hurts anybody.
        let _ = self.insist(|| unsafe { self.os.protect(at, len, Access::ReadWrite) });
        self.note_writable(run);
    }

    fn open_shared(&self, run: Run) -> Result<(), Refused> {
        let pages = self.ground().ok_or(Refused)?.map.pages();
        let windows = &mut *self.windows.lock();
        windows
            .current
            .open(&self.os, &mut windows.metadata, pages, run)
            .map_err(|_| Refused)
            .map(drop)
    }

    unsafe fn copy_to_shared(&self, from: PageIndex, to: PageIndex, offset: usize, len: usize) {
        let target = self.windows.lock().current.address::<O>(to);
        let (Some(source), Some(target)) = (self.address(from), target) else {
            return;
        };
        // SAFETY: the caller says that the bytes lie in the span.
        let source = unsafe { source.add(offset) };
        // SAFETY: the shared pages are as long as the span.
        let target = unsafe { target.add(offset) };
        // SAFETY: readable at the span, writable in the window, and two different mappings; nobody writes meanwhile.
        unsafe { source.copy_to_nonoverlapping(target, len) };
    }

    fn close_shared(&self) {
        self.windows.lock().current.cool(&self.os);
    }

    unsafe fn alias(&self, run: Run, onto: PageIndex) -> Result<(), Refused> {
        let ground = self.ground().ok_or(Refused)?;
        let from = self
            .windows
            .lock()
            .current
            .address::<O>(onto)
            .ok_or(Refused)?;
        let to = self.address(run.first).ok_or(Refused)?;
        let len = Self::bytes(run);
        // SAFETY: the window's page and the span are the arena's; the caller says that the content is right.
        self.insist(|| unsafe { self.os.alias(from, len, to) })?;
        self.note_writable(run);
        self.note_onto(&ground.map, run, Some(onto));
        self.watch.lock().wake_later((to, len));
        Ok(())
    }

    unsafe fn free_shared(&self, run: Run) {
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

    unsafe fn dissolve(&self, run: Run) -> Result<(), Refused> {
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

    fn lock_for_fork(&self) {
        self.state.lock_for_fork();
        self.forking.store(true, Ordering::Relaxed);
    }

    fn lock_shared_for_fork(&self) {
        self.windows.lock_for_fork();
        self.watch.lock_for_fork();
    }

    unsafe fn unlock_after_fork(&self) {
        // SAFETY: the caller took the lock.
        unsafe { self.watch.unlock_after_fork() };
        // SAFETY: as above.
        unsafe { self.windows.unlock_after_fork() };
        // SAFETY: as above.
        unsafe { self.state.unlock_after_fork() };
    }

    fn reserve_snapshot(&self, run: Run) -> Result<(), Refused> {
        let pages = self.ground().ok_or(Refused)?.map.pages();
        let windows = &mut *self.windows.lock();
        let mut open = || {
            windows
                .snapshot
                .open(&self.os, &mut windows.metadata, pages, run)
                .map(drop)
        };
        open()
            .or_else(|refused| {
                if windows.ballast.lighten(&self.os) {
                    open()
                } else {
                    Err(refused)
                }
            })
            .map_err(|_| Refused)
    }

    fn copy_to_snapshot(&self, run: Run) {
        let mut windows = self.windows.lock();
        let from = windows.current.address::<O>(run.first);
        let to = windows.snapshot.address::<O>(run.first);
        let (Some(from), Some(to)) = (from, to) else {
            return;
        };
        // SAFETY: both are chunks of windows in which the run was opened, so its bytes are there; nobody writes to them.
        unsafe { from.copy_to_nonoverlapping(to, Self::bytes(run)) };
    }

    fn drop_snapshot(&self) {
        self.windows.lock().snapshot.unmap(&self.os);
    }

    fn adopt_snapshot(&self) {
        let windows = &mut *self.windows.lock();
        windows.current.adopt(&self.os, &mut windows.snapshot);
        self.watch.lock().leave_parent(&self.os);
    }

    fn fill(&self, run: Run) -> Result<(), Refused> {
        let at = self.address(run.first).ok_or(Refused)?;
        // Inaccessible memory is in nobody's account of data, as the shared pages were not.
        // SAFETY: the arena owns the run, and the span is dead.
        self.insist(|| unsafe { self.os.replace(at, Self::bytes(run), Access::None) })?;
        let map = &self.ground().ok_or(Refused)?.map;
        self.note_onto(map, run, Some(PageIndex(NOWHERE)));
        Ok(())
    }

    fn next_shared(&self, from: PageIndex) -> Option<PageIndex> {
        let map = &self.ground()?.map;
        let unused = self.state.lock().unused()?;
        let below = from.0..unused.start;
        let above = from.0.max(unused.end)..map.pages();
        below
            .chain(above)
            .map(PageIndex)
            .find(|&page| map.is_shared(page))
    }

    unsafe fn make_private(&self, run: Run, onto: PageIndex) -> Result<(), Refused> {
        let ground = self.ground().ok_or(Refused)?;
        let from = self
            .windows
            .lock()
            .current
            .address::<O>(onto)
            .ok_or(Refused)?;
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

    fn purge(&self, all: bool) {
        let Some(ground) = self.ground() else { return };
        let mut state = self.state.lock();
        if !all && !state.decay.advance(self.os.clock_ms()) {
            return;
        }
        loop {
            let unused = state.spans.dirty.pages() + state.large.dirty.pages();
            let allowed = if all { 0 } else { state.decay.allowance() };
            let Some(excess) = unused.checked_sub(allowed).filter(|&pages| pages > 0) else {
                return;
            };
            let most =
                PageCount(tuning::PURGE_BATCH.min(u32::try_from(excess).unwrap_or(u32::MAX)));
            let side = if state.large.dirty.pages() > 0 {
                Side::Large
            } else {
                Side::Spans
            };
            let Some(run) = state.area(side).dirty.take_longest(&ground.map, most) else {
                return;
            };
            // The system call takes its time: meanwhile the run is in no store, and the lock is free.
            drop(state);
            let discarded = self.address(run.first).is_some_and(|at| {
                // SAFETY: the run is unused, and in no store.
                unsafe { self.os.discard(at, Self::bytes(run)) }.is_ok()
            });
            state = self.state.lock();
            if !discarded {
                // Locked memory, say: the pages stay, and are not known to be zero.
                state.area(side).dirty.insert(&ground.map, run);
                self.hints_refused.fetch_add(1, Ordering::Relaxed);
                return;
            }
            state.area(side).clean.insert(&ground.map, run);
        }
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
