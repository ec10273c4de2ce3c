//! Large objects of the model.

use heap::{Label, LargePages, LargeRun, PageCount, PageIndex, Run};

use crate::memory::{Purpose, pages};
use crate::{BASE, FakePages, PAGE};

impl FakePages {
    fn label_large(&self, run: Run) {
        pages(run).for_each(|page| self.set_label(page, Label::LARGE_END));
        self.set_label(run.first, Label::LARGE);
    }
}

// SAFETY: the model keeps runs apart, and panics when a step would change what the program sees.
unsafe impl LargePages for FakePages {
    fn allocate_large(&self, pages: PageCount, align: PageCount) -> Option<LargeRun> {
        self.grant("allocate_large").ok()?;
        let memory = &mut self.state().memory;
        let run = memory.find_unused(pages, align.0)?;
        // Sometimes the pages were used before.
        let zeroed = run.first.0.is_multiple_of(2);
        memory.take(run, Purpose::Large, if zeroed { 0 } else { 0x5a });
        self.label_large(run);
        Some(LargeRun {
            first: run.first,
            zeroed,
        })
    }

    fn allocate_growing(&self, pages: PageCount, _room: PageCount) -> Option<LargeRun> {
        self.allocate_large(pages, PageCount(1))
    }

    fn large_pages(&self, page: PageIndex) -> Option<PageCount> {
        let run = self.state().memory.run_at(page, Purpose::Large)?;
        Some(run.pages)
    }

    unsafe fn free_large(&self, page: PageIndex) -> Option<PageCount> {
        let memory = &mut self.state().memory;
        let run = memory.run_at(page, Purpose::Large)?;
        memory.retire(run, Purpose::Large);
        self.set_label(page, Label::UNLABELLED);
        Some(run.pages)
    }

    unsafe fn resize_large(&self, page: PageIndex, count: PageCount) -> bool {
        if self.grant("resize_large").is_err() {
            return false;
        }
        let memory = &mut self.state().memory;
        let run = memory
            .run_at(page, Purpose::Large)
            .expect("a large object starts here");
        let grown = Run {
            first: page,
            pages: count,
        };
        if count > run.pages {
            let extra = Run {
                first: run.end(),
                pages: PageCount(count.0 - run.pages.0),
            };
            if !memory.is_unused(extra) {
                return false;
            }
        }
        memory.resize(run, count);
        self.label_large(grown);
        true
    }

    unsafe fn move_large(
        &self,
        page: PageIndex,
        count: PageCount,
        _room: PageCount,
    ) -> Option<PageIndex> {
        self.grant("move_large").ok()?;
        let memory = &mut self.state().memory;
        let old = memory
            .run_at(page, Purpose::Large)
            .expect("a large object starts here");
        if count <= old.pages {
            return None;
        }
        let new = memory.find_unused(count, 1)?;
        memory.take(new, Purpose::Large, 0);
        for (from, to) in pages(old).zip(pages(new)) {
            let frame = memory.detach(from);
            memory.put(to, frame);
        }
        let address = |run: Run| BASE + run.first.index() * PAGE;
        memory.move_object(address(old), address(new));
        memory.retire(old, Purpose::Large);
        self.set_label(page, Label::UNLABELLED);
        self.label_large(new);
        Some(new.first)
    }
}
