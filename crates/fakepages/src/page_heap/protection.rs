//! The model's barrier.

use core::sync::atomic::Ordering;

use heap::{Barrier, PageCount, Refused, Remapping, Run, WriteProtection};

use crate::FakePages;
use crate::memory::pages;

// SAFETY: the model keeps runs apart, and panics when a step would change what the program sees.
unsafe impl WriteProtection for FakePages {
    fn begin_barrier(&self) -> Barrier {
        let _ = self.hold_mappings();
        let state = &mut *self.state();
        state.barriers += 1;
        assert_eq!(state.barriers, 1, "there is one barrier at a time");
        Barrier(state.barriers)
    }

    fn end_barrier(&self, barrier: Barrier) {
        let state = &mut *self.state();
        assert_eq!(barrier.0, state.barriers);
        let protected = state.memory.pages.iter().any(|page| page.protected);
        assert!(!protected, "whoever writes there now waits for nobody");
        let missing = state.memory.pages.iter().any(|page| page.missing);
        assert!(!missing, "the next mapping of the child would be there");
        state.barriers = 0;
        assert!(core::mem::take(&mut state.mappings_held));
    }

    fn is_named(&self, run: Run) -> bool {
        assert_eq!(self.state().barriers, 1, "later calls would not wait");
        let named = self.named.lock().unwrap();
        pages(run).any(|page| named.contains(&page))
    }

    fn each_named(&self, mut act: impl FnMut(Run)) {
        if self.named_late.load(Ordering::Relaxed) {
            return;
        }
        for &first in self.named.lock().unwrap().iter() {
            let pages = PageCount(1);
            act(Run { first, pages });
        }
    }

    fn protect(&self, run: Run) -> Result<(), Refused> {
        self.grant("protect")?;
        let state = &mut *self.state();
        assert_eq!(state.barriers, 1, "nobody would wait");
        for page in pages(run) {
            assert!(
                !self.named.lock().unwrap().contains(&page),
                "the kernel would fail to write to {page:?}"
            );
            state.memory.pages[page.index()].protected = true;
        }
        Ok(())
    }

    fn stops_the_kernel(&self) -> bool {
        self.stops_the_kernel.load(Ordering::Relaxed)
    }

    fn protect_from_all(&self, run: Run) -> Result<(), Refused> {
        if self.stops_the_kernel() {
            self.protect(run)
        } else {
            Err(Refused)
        }
    }

    fn unprotect(&self, run: Run) {
        let memory = &mut self.state().memory;
        pages(run).for_each(|page| memory.pages[page.index()].protected = false);
    }
}
