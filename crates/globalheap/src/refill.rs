//! Slots for a thread's front end.

use core::ops::RangeInclusive;

use heap::{OwnerId, PageIndex, PlainPages, Run, SizeClass, SpanId};
use miniheap::Spans;
use rand_pcg::Pcg32;

use crate::choice::choose;
use crate::claims::Claims;
use crate::global::GlobalHeap;
use crate::placement::Placement;
use crate::report::Report;
use crate::span_slots::SpanSlots;

/// What a refill asks for: slots of a class, for an owner.
pub struct Wish {
    /// Which of a span's free slots.
    pub placement: Placement,
    /// Their class.
    pub class: SizeClass,
    /// Who takes them.
    pub owner: OwnerId,
    /// So many slots at least, if they can be had at once, and no more than so many.
    pub slots: RangeInclusive<usize>,
}

impl<P: PlainPages, R: Report> GlobalHeap<P, R> {
    /// Claims free slots of a few spans. Returns their number: as many as are wanted at least, or up to the most when so many are left in
    /// the last span; less when there are more to be had by asking again, none when there is no memory.
    ///
    /// Which of a span's free slots, and in what order, says the placement: that is what makes two spans likely to mesh.
    #[inline]
    pub fn claim(&self, wish: &Wish, rng: &mut Pcg32, claims: &mut Claims) -> usize {
        let mut may_come_back = true;
        loop {
            let taken = match self.claim_known(wish, None, rng, claims) {
                0 => self.claim_new(wish, rng, claims),
                taken => taken,
            };
            // Pages come back with what waits for other threads, perhaps.
            if taken > 0 || !may_come_back || !self.send_home() {
                return taken;
            }
            may_come_back = false;
        }
    }

    /// Claims slots of a new span, or of one that there is by now.
    #[inline]
    fn claim_new(&self, wish: &Wish, rng: &mut Pcg32, claims: &mut Claims) -> usize {
        let run = self.fetch_runs(wish.class);
        run.map_or(0, |run| self.claim_known(wish, Some(run), rng, claims))
    }

    /// Claims slots of spans that are there, or that there are runs for: those in stock, and `spare`, which is this thread's. Its frame is
    /// not above those of a growing arena: some stacks are small.
    #[inline(never)]
    fn claim_known(
        &self,
        wish: &Wish,
        mut spare: Option<PageIndex>,
        rng: &mut Pcg32,
        claims: &mut Claims,
    ) -> usize {
        let mut spans = self.class(wish.class);
        let mut taken = 0;
        while taken < *wish.slots.start() && !claims.is_full() {
            let Some(unit) = self.unit_with_room(&mut spans, wish, &mut spare) else {
                break;
            };
            taken += self.claim_unit(wish, taken, (&mut spans, unit), rng, claims);
        }
        if let Some(first) = spare {
            self.put_in_stock(&mut spans, first);
        }
        taken
    }

    /// Claims slots of one unit, where so many were `taken` before. Its frame is not above those that make one: some stacks are small.
    #[inline(never)]
    fn claim_unit(
        &self,
        wish: &Wish,
        taken: usize,
        (spans, unit): (&mut Spans, SpanId),
        rng: &mut Pcg32,
        claims: &mut Claims,
    ) -> usize {
        let slots = spans.geometry().slots.into();
        let free = spans.free_slots(unit);
        let wanted = wish.slots.start() - taken..=wish.slots.end() - taken;
        let choice = choose(&free, wanted, slots, wish.placement, rng);
        let Some(heap) = spans.get(unit) else {
            return 0;
        };
        let (first, owner) = (heap.first(), heap.owner());
        let pages = spans.geometry().pages;
        if owner != wish.owner {
            self.pages
                .set_owner(Run { first, pages }, wish.class, wish.owner);
        }
        spans.claim(unit, &choice.slots, wish.owner);
        let size = spans.geometry().object_size;
        claims.push(SpanSlots::new(
            self.labels().address_of(first),
            size,
            &choice,
        ));
        choice.slots.len()
    }

    /// Fetches runs for spans to come, and returns one of them; `None` when there is no memory. The lock is not held meanwhile, since the
    /// arena may have to grow.
    #[inline(never)]
    fn fetch_runs(&self, class: SizeClass) -> Option<PageIndex> {
        let (wanted, pages) = {
            let spans = self.class(class);
            (spans.runs_wanted(), spans.geometry().pages)
        };
        let first = self.pages.allocate_span(pages)?;
        for _ in 1..wanted {
            let Some(more) = self.pages.allocate_span(pages) else {
                break;
            };
            self.put_in_stock(&mut self.class(class), more);
        }
        Some(first)
    }

    /// Keeps a run for the next span, or gives it back where others have stocked up as well.
    #[inline(never)]
    fn put_in_stock(&self, spans: &mut Spans, first: PageIndex) {
        if !spans.put_in_stock(&self.pages, first) {
            let pages = spans.geometry().pages;
            // SAFETY: allocated for a span, and in nobody's hands.
            unsafe { self.pages.free_span(Run { first, pages }) };
        }
    }

    /// The unit to take slots from: the fullest that is worth it, else a dead group on its shared pages, else a span that was
    /// emptied a moment ago, else a new one, if there is a run in stock or to spare.
    #[inline(always)]
    fn unit_with_room(
        &self,
        spans: &mut Spans,
        wish: &Wish,
        spare: &mut Option<PageIndex>,
    ) -> Option<SpanId> {
        let known = spans.fullest(wish.owner).or_else(|| spans.revive());
        if let Some(unit) = known.or_else(|| spans.take_kept()) {
            return Some(unit);
        }
        let first = spans.take_stock(&self.pages).or_else(|| spare.take())?;
        let pages = spans.geometry().pages;
        self.add_unit(spans, wish.class, Run { first, pages })
    }

    /// Makes `run`, which is nobody's, a span of its own.
    #[inline(never)]
    fn add_unit(&self, spans: &mut Spans, class: SizeClass, run: Run) -> Option<SpanId> {
        let Some(id) = spans.add(&self.pages, run.first) else {
            // SAFETY: private, and in nobody's hands (see above).
            unsafe { self.pages.free_span(run) };
            return None;
        };
        self.pages.label_span(run, class, OwnerId::NOBODY, id);
        Some(id)
    }
}
