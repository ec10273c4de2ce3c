//! Spans on shared pages: onto them, and back to private ones.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use heap::{HeldMappings, PageIndex, Refused, Remapping, Run, SpanPages};

use crate::area::Side;
use crate::arena::Arena;
use crate::os::{Advice, Os, SignalMask};
use crate::remapping::is_border;
use crate::tuning;

// SAFETY: the steps change where a mapping points to as each method says, and report it if they do not. Content that the program
// can see is moved along.
unsafe impl<O: Os> Remapping for Arena<O> {
    fn hold_mappings(&self) -> HeldMappings {
        let mask = self.os.block_signals();
        self.mappings_hold.lock_for_fork();
        HeldMappings(mask.0)
    }

    fn let_mappings_go(&self, held: HeldMappings) {
        // SAFETY: `hold_mappings` took it, in this process or in its parent, which made `held`.
        unsafe { self.mappings_hold.unlock_after_fork() };
        self.os.restore_signals(SignalMask(held.0));
    }

    fn open_shared(&self, run: Run) -> Result<(), Refused> {
        let site = self.ground().ok_or(Refused)?.map.site();
        let windows = &mut *self.windows.lock();
        let opened = windows.current.open(&self.os, site, run);
        self.window_pieces
            .store(windows.current.mapped(), Ordering::Relaxed);
        opened.map_err(|_| Refused).map(drop)
    }

    unsafe fn copy_to_shared(&self, from: PageIndex, to: PageIndex, offset: usize, len: usize) {
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

    fn close_shared(&self) {
        self.with_windows(|windows| windows.current.cool(&self.os));
    }

    unsafe fn alias(&self, run: Run, onto: PageIndex) -> Result<(), Refused> {
        let ground = self.ground().ok_or(Refused)?;
        let from = self.in_window(onto)?;
        let to = self.address(run.first).ok_or(Refused)?;
        let len = Self::bytes(run);
        // SAFETY: the window's page and the span are the arena's; the caller says that the content is right.
        self.insist(|| unsafe { self.os.alias(from, len, to) })?;
        self.note_writable(run);
        ground.map.set_home(Run { first: onto, ..run });
        self.note_onto(&ground.map, run, Some(onto));
        self.watch.lock().wake_later((to, len));
        Ok(())
    }

    unsafe fn free_shared(&self, run: Run) {
        if let Some(ground) = self.ground() {
            ground.map.clear_home(run);
        }
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
        let held = self.hold_mappings();
        // SAFETY: nobody uses the run any more.
        let renewed = unsafe { self.renew(run) };
        if renewed.is_ok() {
            if let Some(at) = self.address(run.first) {
                self.hint(at, Self::bytes(run), Advice::NoHugePages);
            }
            self.note_onto(&ground.map, run, None);
            // From here on the links are those of an unused run.
            ground.map.clear_home(run);
            self.clear_labels(run);
        }
        self.let_mappings_go(held);
        renewed?;
        if ground.has_property(run) {
            ground.map.clear_advised(run);
        }
        // Interrupted code may have this lock, so mappings are not held for it.
        let mut state = self.state.lock();
        state.add_clean(&self.os, &ground.map, Side::Spans, run);
        Ok(())
    }

    unsafe fn make_private(&self, run: Run, onto: PageIndex) -> Result<(), Refused> {
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

    fn mappings_permit(&self) -> bool {
        // At the limit meshes would use up what is kept for steps that must not fail.
        let ballast = &mut self.windows.lock().ballast;
        // Nothing else may come by that would take it on board again.
        ballast.load(&self.os);
        ballast.is_full()
    }

    fn mappings_left(&self) -> usize {
        let windows = self.window_pieces.load(Ordering::Relaxed);
        self.count_left(windows)
    }

    fn mappings_permitted(&self) -> usize {
        let mut limit = self.mappings_limit.load(Ordering::Relaxed);
        if limit == 0 {
            limit = self.os.mappings_limit();
            self.mappings_limit.store(limit, Ordering::Relaxed);
        }
        limit - limit / tuning::PROGRAM_SHARE
    }

    fn note_saved(&self, pages: usize) {
        self.limit.note_saved(pages);
    }

    fn note_unsaved(&self, pages: usize) {
        self.limit.note_unsaved(pages);
    }

    fn mappings_to_share(&self, run: Run) -> usize {
        let Some(ground) = self.ground() else {
            return 0;
        };
        let ends = [run.first, run.end()];
        let is_inside = |page: &&PageIndex| !is_border::<O>(&ground.map, **page);
        match ground.map.onto(run.first) {
            Some(_) => 0,
            None => ends.iter().filter(is_inside).count(),
        }
    }

    fn mappings_to_dissolve(&self, run: Run) -> usize {
        let Some(ground) = self.ground() else {
            return 0;
        };
        let map = &ground.map;
        let now = [run.first, run.end()].map(|page| usize::from(is_border::<O>(map, page)));
        let before = run.first.0.checked_sub(1).map(PageIndex);
        let beside = [before, Some(run.end())];
        let shared = beside.iter().flatten().filter(|&&page| map.is_shared(page));
        shared.count().saturating_sub(now.iter().sum())
    }
}

impl<O: Os> Arena<O> {
    /// The window's address of a page that is open in it.
    pub(crate) fn in_window(&self, page: PageIndex) -> Result<NonNull<u8>, Refused> {
        let window = &mut self.windows.lock().current;
        window.address::<O>(page).ok_or(Refused)
    }
}
