//! The model at a fork.

use heap::{ForkPages, PageIndex, Refused, Run};

use crate::fake::FakePages;

// SAFETY: the model keeps runs apart, and panics when a step would change what the program sees.
unsafe impl ForkPages for FakePages {
    fn lock_for_fork(&self) {
        let state = &mut *self.state();
        assert_eq!(
            state.barriers, 0,
            "a writer who waits at the barrier may hold the lock"
        );
    }

    fn lock_shared_for_fork(&self) {
        self.state().locked_for_fork = true;
    }

    unsafe fn unlock_after_fork(&self) {
        let state = &mut *self.any_state();
        assert!(
            core::mem::take(&mut state.locked_for_fork),
            "the lock is open"
        );
    }

    fn reserve_snapshot(&self, run: Run) -> Result<(), Refused> {
        self.grant("reserve_snapshot")?;
        let state = &mut *self.state();
        let shared = state.shared.get(run);
        assert!(!shared.is_empty(), "there is nothing to copy");
        state.snapshot.open(&mut state.memory, run);
        Ok(())
    }

    fn copy_to_snapshot(&self, run: Run) {
        let state = &mut *self.state();
        let from = state.shared.get(run);
        let to = state.snapshot.opened(run);
        state.memory.copy_frames(&from, &to);
    }

    fn drop_snapshot(&self) {
        let state = &mut *self.state();
        let snapshot = core::mem::take(&mut state.snapshot);
        state.memory.punch(snapshot.frames());
    }

    fn adopt_snapshot(&self) {
        let state = &mut *self.state();
        // Spans stay on the old frames until they are moved; those have no name any more.
        state.shared = core::mem::take(&mut state.snapshot);
    }

    fn fill(&self, run: Run) -> Result<(), Refused> {
        self.grant("fill")?;
        let state = &mut *self.state();
        state.memory.put_on_private_pages(run, 0);
        Ok(())
    }

    fn next_shared(&self, from: PageIndex) -> Option<PageIndex> {
        let memory = &self.state().memory;
        let is_shared = |&page: &PageIndex| memory.is_shared(page);
        (from.0..memory.pages.len()).map(PageIndex).find(is_shared)
    }
}
