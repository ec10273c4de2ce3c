//! Pages for spans, and their labels.

use heap::{
    Grain, Label, Labels, OwnerId, PageCount, PageIndex, Run, SizeClass, SpanId, SpanPages,
};

use crate::area::Side;
use crate::arena::Arena;
use crate::os::Os;
use crate::page_map::{Direction, NOWHERE};
use crate::run_store::Place;

/// Spans of more pages have one object each, and lie among the large objects.
const MOST_PAGES: PageCount = PageCount(16);

/// Where a span of so many pages lies.
fn side_of(pages: PageCount) -> Side {
    if pages > MOST_PAGES {
        Side::Large
    } else {
        Side::Spans
    }
}

// SAFETY: runs come from the stores, which hold each page at most once, or from the frontiers, which only move on.
unsafe impl<O: Os> SpanPages for Arena<O> {
    const PAGE_SIZE: usize = O::PAGE_SIZE;
    type Lock = O::Lock;

    const COARSEST: Grain = O::COARSEST;

    #[inline(always)]
    fn grain(&self) -> Grain {
        self.os.grain()
    }

    fn labels(&self) -> Labels {
        self.ground()
            .map_or(Labels::none(), |ground| ground.map.labels())
    }

    #[inline(always)]
    fn allocate_span(&self, pages: PageCount) -> Option<PageIndex> {
        if self.limit.is_set() {
            return self.span_below_limit(pages);
        }
        let taken = self.take_above_limit(side_of(pages), Place::anywhere(pages));
        taken.map(|(run, _)| run.first)
    }

    unsafe fn free_span(&self, run: Run) {
        let Some(ground) = self.ground() else { return };
        let side = side_of(run.pages);
        if ground.has_property(run) {
            // SAFETY: nobody uses the span any more (contract).
            unsafe { self.give_back_plain(ground, side, run, false) };
            return;
        }
        let mut state = self.state.lock();
        if side == Side::Large {
            return self.give_back_large(ground, state, run);
        }
        state.give_back(&ground.map, self.os.grain(), side, run);
        let is_limited = state.is_limited(&self.os);
        drop(state);
        if is_limited {
            self.give_up_surplus();
        }
    }

    fn note_property(&self, run: Run) {
        if let Some(ground) = self.ground() {
            ground.note_property(run);
        }
    }

    fn label_span(&self, run: Run, class: SizeClass, owner: OwnerId, id: SpanId) {
        let Some(ground) = self.ground() else { return };
        for page in (run.first.0..run.end().0).map(PageIndex) {
            ground.map.set_record(page, id.0);
            ground.map.set_label(page, Label::small(class, owner));
        }
    }

    fn label_whole(&self, first: PageIndex, class: SizeClass, owner: OwnerId) {
        if let Some(ground) = self.ground() {
            ground.map.set_label(first, Label::small(class, owner));
        }
    }

    fn never_keep(&self, first: PageIndex, class: SizeClass, owner: OwnerId) {
        if let Some(ground) = self.ground() {
            let kept = Label::small(class, owner);
            let never = Label::small(class, OwnerId::NEVER);
            ground.map.exchange_label(first, kept, never);
        }
    }

    fn clear_labels(&self, run: Run) {
        let Some(ground) = self.ground() else { return };
        for page in (run.first.0..run.end().0).map(PageIndex) {
            ground.map.set_label(page, Label::UNLABELLED);
        }
    }

    fn set_owner(&self, run: Run, class: SizeClass, owner: OwnerId) {
        let Some(ground) = self.ground() else { return };
        for page in (run.first.0..run.end().0).map(PageIndex) {
            ground.map.set_label(page, Label::small(class, owner));
        }
    }

    fn set_next_run(&self, first: PageIndex, next: Option<PageIndex>) {
        if let Some(ground) = self.ground() {
            let next = next.map_or(NOWHERE, PageIndex::index);
            ground.map.set_link(first, Direction::Next, next);
        }
    }

    fn next_run(&self, first: PageIndex) -> Option<PageIndex> {
        let next = self.ground()?.map.link(first, Direction::Next);
        (next != NOWHERE).then_some(PageIndex(next))
    }

    fn span_at(&self, page: PageIndex) -> SpanId {
        SpanId(self.ground().map_or(0, |ground| ground.map.span_id(page)))
    }
}

impl<O: Os> Arena<O> {
    /// Apart from all the code that takes pages: some stacks are small.
    #[cold]
    #[inline(never)]
    fn span_below_limit(&self, pages: PageCount) -> Option<PageIndex> {
        let taken = self.take(side_of(pages), Place::anywhere(pages));
        taken.map(|(run, _)| run.first)
    }
}
