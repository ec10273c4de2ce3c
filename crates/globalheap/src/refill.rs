//! Slots for a thread's front end.

use core::ops::RangeInclusive;

use heap::{OwnerId, PageIndex, PlainPages, Run, SizeClass, SpanId};
use miniheap::{Geometry, SpanClasses, Spans};
use rand_pcg::Pcg32;

use crate::choice::choose;
use crate::claims::Claims;
use crate::global::GlobalHeap;
use crate::placement::Placement;
use crate::report::Report;
use crate::span_slots::SpanSlots;

impl<P: PlainPages, R: Report> GlobalHeap<P, R> {
    /// Claims free slots of `class` for `owner`, of a few spans. Returns their number: `wanted`, or up to `most` when so many are left in
    /// the last span; less when there are more to be had by asking again, none when there is no memory.
    ///
    /// Which of a span's free slots, and in what order, says `placement`: that is what makes two spans likely to mesh.
    pub fn claim(
        &self,
        placement: Placement,
        (class, owner): (SizeClass, OwnerId),
        wanted: RangeInclusive<usize>,
        rng: &mut Pcg32,
        claims: &mut Claims,
    ) -> usize {
        let to = (class, owner);
        let taken = self.claim_from_spans(placement, to, &wanted, rng, claims);
        // Pages come back with what waits for other threads, perhaps.
        if taken == 0 && *wanted.start() > 0 && self.send_home() {
            return self.claim_from_spans(placement, to, &wanted, rng, claims);
        }
        taken
    }

    /// [`claim`](Self::claim) without another try when there is no memory.
    #[inline(never)]
    fn claim_from_spans(
        &self,
        placement: Placement,
        (class, owner): (SizeClass, OwnerId),
        wanted: &RangeInclusive<usize>,
        rng: &mut Pcg32,
        claims: &mut Claims,
    ) -> usize {
        if SpanClasses::is_whole(class) {
            return self.claim_whole(class, *wanted.start(), claims);
        }
        let to = (class, owner);
        let taken = self.claim_known(placement, to, wanted, rng, (claims, None));
        if taken > 0 || *wanted.start() == 0 {
            return taken;
        }
        let Some(run) = self.fetch_runs(class) else {
            return 0;
        };
        self.claim_known(placement, to, wanted, rng, (claims, Some(run)))
    }

    /// Claims slots of spans that are there, or that there are runs for: those in stock, and `spare`, which is this thread's. Its frame is
    /// not above those of a growing arena: some stacks are small.
    #[inline(never)]
    fn claim_known(
        &self,
        placement: Placement,
        (class, owner): (SizeClass, OwnerId),
        wanted: &RangeInclusive<usize>,
        rng: &mut Pcg32,
        (claims, mut spare): (&mut Claims, Option<PageIndex>),
    ) -> usize {
        let mut spans = self.class(class);
        let mut taken = 0;
        while taken < *wanted.start() && !claims.is_full() {
            let Some(unit) = self.unit_with_room(&mut spans, class, owner, &mut spare) else {
                break;
            };
            let wanted = wanted.start() - taken..=wanted.end() - taken;
            let to = (class, owner);
            taken += self.claim_unit(placement, (&mut spans, unit), to, wanted, (rng, claims));
        }
        if let Some(first) = spare {
            self.put_in_stock(&mut spans, first);
        }
        taken
    }

    /// Claims slots of one unit. Its frame is not above those that make one: some stacks are small. With assertions one frame for both is
    /// smaller.
    #[cfg_attr(debug_assertions, inline(always))]
    #[cfg_attr(not(debug_assertions), inline(never))]
    fn claim_unit(
        &self,
        placement: Placement,
        (spans, unit): (&mut Spans, SpanId),
        (class, owner): (SizeClass, OwnerId),
        wanted: RangeInclusive<usize>,
        (rng, claims): (&mut Pcg32, &mut Claims),
    ) -> usize {
        let Geometry {
            slots,
            object_size,
            pages,
            ..
        } = *spans.geometry();
        let free = spans.free_slots(unit);
        let choice = choose(&free, wanted, slots.into(), placement, rng);
        let Some(heap) = spans.get(unit) else {
            return 0;
        };
        let first = heap.first();
        if heap.owner() != owner {
            self.pages.set_owner(Run { first, pages }, class, owner);
        }
        spans.claim(unit, &choice.slots, owner);
        let start = self.labels().address_of(first);
        claims.push(SpanSlots::new(start, object_size, &choice));
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
        if !spans.put_in_stock(first) {
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
        class: SizeClass,
        owner: OwnerId,
        spare: &mut Option<PageIndex>,
    ) -> Option<SpanId> {
        let known = spans.fullest(owner).or_else(|| spans.revive());
        if let Some(unit) = known.or_else(|| spans.take_kept()) {
            return Some(unit);
        }
        let first = spans.take_stock().or_else(|| spare.take())?;
        let pages = spans.geometry().pages;
        self.add_unit(spans, class, Run { first, pages })
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
