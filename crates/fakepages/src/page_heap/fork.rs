//! The model at a fork.

use heap::{
    ForkLock, ForkPages, KeptOut, PageCount, PageIndex, Refused, Remapping, Run, SizeClass,
    SpanPages, WriteProtection,
};

use crate::memory::pages;
use crate::{FakePages, State};

/// A page on a shared one.
struct Shared {
    page: PageIndex,
    /// The shared page that it is on, by name, if that is there.
    home: Option<PageIndex>,
}

fn one(first: PageIndex) -> Run {
    let pages = PageCount(1);
    Run { first, pages }
}

impl State {
    fn shared_pages(&self) -> Vec<Shared> {
        let all = (0..self.memory.pages.len()).map(PageIndex);
        let is_shared = |&page: &PageIndex| self.memory.is_shared(page);
        all.filter(is_shared)
            .map(|page| {
                let onto = self.memory.pages[page.index()].onto;
                let home = onto.filter(|&onto| self.shared.names(&self.memory, onto));
                Shared { page, home }
            })
            .collect()
    }
}

impl ForkLock for FakePages {
    fn lock_for_fork(&self) {
        let state = &mut *self.state();
        assert!(
            !state.mappings_held,
            "interrupted code may have the lock, and wait for the mappings"
        );
    }

    fn try_lock_for_fork(&self) -> bool {
        self.lock_for_fork();
        true
    }

    unsafe fn unlock_after_fork(&self) {
        drop(self.state());
    }
}

// SAFETY: the model keeps runs apart, and panics when a step would change what the program sees.
unsafe impl ForkPages for FakePages {
    fn lock_windows_for_fork(&self) {
        self.state().locked_for_fork = true;
    }

    unsafe fn unlock_windows_after_fork(&self) {
        let state = &mut *self.any_state();
        assert!(
            core::mem::take(&mut state.locked_for_fork),
            "the lock is open"
        );
    }

    fn open_snapshot(&self) -> Result<(), Refused> {
        // Some of it may be for spans that have gone.
        self.drop_snapshot();
        let state = &mut *self.state();
        assert!(state.mappings_held);
        for home in state.shared_pages().iter().filter_map(|shared| shared.home) {
            self.grant("open_snapshot")?;
            state.snapshot.open(&mut state.memory, one(home));
        }
        state.room = true;
        Ok(())
    }

    fn copy_to_snapshot(&self) {
        let state = &mut *self.state();
        assert!(state.mappings_held && state.room);
        for home in state.shared_pages().iter().filter_map(|shared| shared.home) {
            let from = state.shared.get(one(home));
            let to = state.snapshot.opened(one(home));
            state.memory.copy_frames(&from, &to);
        }
    }

    fn drop_snapshot(&self) {
        let state = &mut *self.state();
        let snapshot = core::mem::take(&mut state.snapshot);
        state.memory.punch(snapshot.frames());
        state.room = false;
    }

    fn adopt_snapshot(&self) -> Result<(), Refused> {
        let all = {
            let state = &mut *self.state();
            assert!(core::mem::take(&mut state.room));
            let all = state.shared_pages();
            // Spans stay on the old frames until they are moved; those have no name any more.
            state.shared = core::mem::take(&mut state.snapshot);
            all
        };
        for Shared { page, home } in all {
            let run = one(page);
            let Some(home) = home else {
                self.grant("fill")?;
                self.state().memory.put_on_private_pages(run, 0);
                continue;
            };
            if self.grant("alias").is_ok() {
                let state = &mut *self.state();
                let frames = state.shared.opened(one(home));
                state.memory.put(page, frames.first().copied());
                state.memory.pages[page.index()].onto = Some(home);
            } else {
                // SAFETY: there is no other thread.
                unsafe { self.make_private(run, home) }?;
            }
        }
        self.state().memory.verify_all();
        Ok(())
    }

    fn each_shared(&self, mut act: impl FnMut(SizeClass, Run)) {
        let all = self.any_state().shared_pages();
        let mut last: Option<(SizeClass, Run)> = None;
        for Shared { page, .. } in all {
            let Some((class, _)) = self.labels().label(page).as_small() else {
                continue;
            };
            match &mut last {
                Some((of, run)) if *of == class && run.end() == page => run.pages.0 += 1,
                _ => {
                    if let Some((of, run)) = last.replace((class, one(page))) {
                        act(of, run);
                    }
                }
            }
        }
        if let Some((of, run)) = last {
            act(of, run);
        }
    }

    fn protect_for_fork(&self, run: Run, ways: &mut KeptOut) -> Result<(), Refused> {
        ways.by_signal = true;
        self.protect(run)
    }

    fn unprotect_after_fork(&self, run: Run, ways: KeptOut) {
        assert!(ways.by_signal);
        let memory = &mut self.state().memory;
        pages(run).for_each(|page| memory.pages[page.index()].protected = false);
    }
}
