//! The model's shared pages.

use core::sync::atomic::Ordering;

use heap::{HeldMappings, PageIndex, Refused, Remapping, Run, SpanPages};

use crate::memory::{Purpose, pages};
use crate::{FakePages, PAGE};

// SAFETY: the model keeps runs apart, and panics when a step would change what the program sees.
unsafe impl Remapping for FakePages {
    fn hold_mappings(&self) -> HeldMappings {
        let held = core::mem::replace(&mut self.state().mappings_held, true);
        assert!(!held, "who holds them waits for himself");
        HeldMappings(0)
    }

    fn let_mappings_go(&self, _held: HeldMappings) {
        let state = &mut *self.any_state();
        assert!(core::mem::take(&mut state.mappings_held));
    }

    fn mappings_permit(&self) -> bool {
        self.grant("mappings_permit").is_ok()
    }

    fn mappings_left(&self) -> usize {
        let limit = self.mappings_limit.load(Ordering::Relaxed);
        if limit == usize::MAX {
            // To count takes its time.
            return limit;
        }
        limit.saturating_sub(self.state().memory.borders())
    }

    fn mappings_permitted(&self) -> usize {
        self.mappings_limit.load(Ordering::Relaxed)
    }

    fn mappings_to_share(&self, run: Run) -> usize {
        let memory = &self.state().memory;
        if memory.is_shared(run.first) {
            return 0;
        }
        let ends = [run.first, run.end()];
        ends.iter().filter(|&&page| !memory.is_border(page)).count()
    }

    fn mappings_to_dissolve(&self, run: Run) -> usize {
        let memory = &mut self.state().memory;
        let now = memory.borders();
        let ontos: Vec<_> = pages(run)
            .map(|page| memory.pages[page.index()].onto.take())
            .collect();
        let then = memory.borders();
        for (page, onto) in pages(run).zip(ontos) {
            memory.pages[page.index()].onto = onto;
        }
        then.saturating_sub(now)
    }

    fn open_shared(&self, run: Run) -> Result<(), Refused> {
        self.grant("open_shared")?;
        let state = &mut *self.state();
        assert_eq!(state.memory.spans_at(run.first, run.pages.index()), run);
        state.shared.open(&mut state.memory, run);
        Ok(())
    }

    unsafe fn copy_to_shared(&self, from: PageIndex, to: PageIndex, offset: usize, len: usize) {
        let state = &mut *self.state();
        let run = state.memory.spans_at(from, (offset + len).div_ceil(PAGE));
        assert!(pages(run).all(|page| state.memory.pages[page.index()].protected));
        let onto = Run { first: to, ..run };
        let frames = state.shared.opened(onto);
        state.memory.copy_to_frames(from, &frames, offset, len);
        // Whoever is on the shared pages already has nothing at these places.
        state.memory.verify_all();
    }

    fn close_shared(&self) {
        self.state().shared.close();
    }

    unsafe fn alias(&self, run: Run, onto: PageIndex) -> Result<(), Refused> {
        self.grant("alias")?;
        let state = &mut *self.state();
        assert_eq!(state.memory.spans_at(run.first, run.pages.index()), run);
        assert_eq!(state.barriers, 1, "nobody would wait");
        let frames = state.shared.opened(Run { first: onto, ..run });
        let onto_pages = pages(Run { first: onto, ..run });
        for ((page, frame), onto) in pages(run).zip(frames).zip(onto_pages) {
            let safe = state.child || state.memory.pages[page.index()].protected;
            assert!(safe, "a write could get lost");
            state.memory.put(page, Some(frame));
            state.memory.pages[page.index()].onto = Some(onto);
        }
        state.memory.verify_run(run);
        Ok(())
    }

    unsafe fn free_shared(&self, run: Run) {
        let state = &mut *self.state();
        assert!(state.mappings_held, "a fork could copy them now");
        state.memory.punch(state.shared.get(run));
        // Nobody who is still on them has an object there.
        state.memory.verify_all();
    }

    unsafe fn dissolve(&self, run: Run) -> Result<(), Refused> {
        self.grant("dissolve")?;
        self.clear_labels(run);
        self.state().memory.retire(run, Purpose::Span);
        Ok(())
    }

    unsafe fn make_private(&self, run: Run, onto: PageIndex) -> Result<(), Refused> {
        self.grant("make_private")?;
        let state = &mut *self.state();
        let from = state.shared.get(Run { first: onto, ..run });
        state.memory.put_on_private_pages(run, 0);
        let to = state.memory.frames_of(run);
        state.memory.copy_frames(&from, &to);
        state.memory.verify_run(run);
        Ok(())
    }
}
