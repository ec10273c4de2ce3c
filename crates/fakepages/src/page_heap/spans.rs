//! Spans of the model.

use core::ptr::NonNull;

use heap::{
    Label, Labels, OwnerId, PageCount, PageIndex, Run, SizeClass, SpanId, SpanPages, SpinLock,
};

use crate::memory::{Purpose, pages};
use crate::{BASE, FakePages, PAGE};

// SAFETY: the model keeps runs apart, and panics when a step would change what the program sees.
unsafe impl SpanPages for FakePages {
    const PAGE_SIZE: usize = PAGE;
    type Lock = SpinLock;

    fn labels(&self) -> Labels {
        let words = NonNull::from(&self.words[0]);
        // SAFETY: the words live as long as the fake, and a test drops it last.
        unsafe {
            Labels::new(
                PageIndex(0),
                BASE,
                self.words.len(),
                PAGE.trailing_zeros(),
                words,
            )
        }
    }

    fn allocate_span(&self, pages: PageCount) -> Option<PageIndex> {
        self.grant("allocate_span").ok()?;
        let memory = &mut self.state().memory;
        let run = memory.find_unused(pages, 1)?;
        memory.take(run, Purpose::Span, 0xa5);
        Some(run.first)
    }

    unsafe fn free_span(&self, run: Run) {
        let memory = &mut self.state().memory;
        assert!(
            pages(run).all(|page| !memory.is_shared(page)),
            "{run:?} is on shared pages"
        );
        memory.retire(run, Purpose::Span);
    }

    fn note_property(&self, run: Run) {
        assert!(run.end().index() <= self.words.len());
    }

    fn label_span(&self, run: Run, class: SizeClass, owner: OwnerId, id: SpanId) {
        let memory = &mut self.state().memory;
        assert!(memory.run_at(run.first, Purpose::Span) == Some(run));
        for page in pages(run) {
            memory.pages[page.index()].record = id.0;
            self.set_label(page, Label::small(class, owner));
        }
    }

    fn label_whole(&self, first: PageIndex, class: SizeClass, owner: OwnerId) {
        assert!(self.state().memory.run_at(first, Purpose::Span).is_some());
        self.set_label(first, Label::small(class, owner));
    }

    fn never_keep(&self, first: PageIndex, class: SizeClass, owner: OwnerId) {
        if self.labels().label(first) == Label::small(class, owner) {
            self.set_label(first, Label::small(class, OwnerId::NEVER));
        }
    }

    fn clear_labels(&self, run: Run) {
        assert!(
            self.state()
                .memory
                .run_at(run.first, Purpose::Span)
                .is_some()
        );
        pages(run).for_each(|page| self.set_label(page, Label::UNLABELLED));
    }

    fn set_owner(&self, run: Run, class: SizeClass, owner: OwnerId) {
        assert!(self.state().memory.run_at(run.first, Purpose::Span) == Some(run));
        pages(run).for_each(|page| self.set_label(page, Label::small(class, owner)));
    }

    fn set_next_run(&self, first: PageIndex, next: Option<PageIndex>) {
        let memory = &mut self.state().memory;
        assert!(memory.run_at(first, Purpose::Span).is_some());
        memory.pages[first.index()].next = next;
    }

    fn next_run(&self, first: PageIndex) -> Option<PageIndex> {
        let memory = &self.state().memory;
        assert!(memory.run_at(first, Purpose::Span).is_some());
        memory.pages[first.index()].next
    }

    fn span_at(&self, page: PageIndex) -> SpanId {
        SpanId(self.state().memory.pages[page.index()].record)
    }
}
