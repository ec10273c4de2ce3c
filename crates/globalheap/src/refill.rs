//! Slots for a thread's front end.

use core::ops::RangeInclusive;

use heap::{ClassMap, OwnerId, PlainPages, Run, SizeClass, SpanId};
use miniheap::{Geometry, SpanClasses, Spans};
use rand_pcg::Pcg32;

use crate::choice::{Choice, choose};
use crate::global::GlobalHeap;
use crate::placement::Placement;
use crate::report::Report;
use crate::span_slots::SpanSlots;
use crate::tuning::SPANS_PER_REFILL;

impl<P: PlainPages, R: Report> GlobalHeap<P, R> {
    /// Claims free slots of `class` for `owner` and passes them to `take`, span by span. Returns their number: `wanted`, or up to
    /// `most` when so many are left in the last span; less when they would come from too many spans, none when there is no
    /// memory.
    ///
    /// Which of a span's free slots, and in what order, says `placement`: that is what makes two spans likely to mesh.
    #[inline]
    pub fn claim(
        &self,
        placement: Placement,
        (class, owner): (SizeClass, OwnerId),
        wanted: RangeInclusive<usize>,
        rng: &mut Pcg32,
        mut take: impl FnMut(&mut Pcg32, SpanSlots),
    ) -> usize {
        let to = (class, owner);
        let taken = self.claim_once(placement, to, &wanted, rng, &mut take);
        if taken == 0 && self.send_home() {
            // Pages came back with what waited for other threads, perhaps.
            return self.claim_once(placement, to, &wanted, rng, &mut take);
        }
        taken
    }

    /// [`claim`](Self::claim) without another try when there is no memory.
    fn claim_once(
        &self,
        placement: Placement,
        (class, owner): (SizeClass, OwnerId),
        wanted: &RangeInclusive<usize>,
        rng: &mut Pcg32,
        take: &mut impl FnMut(&mut Pcg32, SpanSlots),
    ) -> usize {
        if SpanClasses::is_whole(class) {
            let size = SpanClasses::object_size(class);
            return self.claim_whole((class, owner), *wanted.start(), |start| {
                take(rng, SpanSlots::one(start, size));
            });
        }
        let mut spans = self.class(class);
        let mut taken = 0;
        for _ in 0..SPANS_PER_REFILL {
            if taken >= *wanted.start() {
                break;
            }
            let Some(unit) = self.unit_with_room(&mut spans, class, owner) else {
                break;
            };
            let wanted = wanted.start() - taken..=wanted.end() - taken;
            taken += self.claim_from(
                placement,
                (&mut spans, unit),
                (class, owner),
                wanted,
                rng,
                take,
            );
        }
        taken
    }

    /// [`claim`](Self::claim) from one unit. Its frame is not below those that find the unit: some stacks are small.
    #[inline(never)]
    fn claim_from(
        &self,
        placement: Placement,
        (spans, unit): (&mut Spans, SpanId),
        (class, owner): (SizeClass, OwnerId),
        wanted: RangeInclusive<usize>,
        rng: &mut Pcg32,
        take: &mut impl FnMut(&mut Pcg32, SpanSlots),
    ) -> usize {
        let geometry = SpanClasses::geometry(class);
        let free = spans.free_slots(unit);
        let chosen = choose(&free, wanted, geometry.slots.into(), placement, rng);
        let Some(heap) = spans.get(unit) else {
            return 0;
        };
        let first = heap.first();
        if heap.owner() != owner {
            self.pages.set_owner(
                Run {
                    first,
                    pages: geometry.pages,
                },
                class,
                owner,
            );
        }
        spans.claim(unit, &chosen.slots, owner);
        pass(
            self.labels().address_of(first),
            geometry,
            &chosen,
            rng,
            take,
        );
        chosen.slots.len()
    }

    /// The unit to take slots from: the fullest that is worth it, else a dead group on its shared pages, else a span that was
    /// emptied a moment ago, else a new one.
    #[inline(always)]
    fn unit_with_room(
        &self,
        spans: &mut Spans,
        class: SizeClass,
        owner: OwnerId,
    ) -> Option<SpanId> {
        let known = spans.fullest(owner).or_else(|| spans.revive());
        if let Some(unit) = known.or_else(|| spans.take_kept()) {
            return Some(unit);
        }
        self.new_unit(spans, class)
    }

    /// A new span. One frame with its callers: some stacks are small.
    #[inline(always)]
    fn new_unit(&self, spans: &mut Spans, class: SizeClass) -> Option<SpanId> {
        let pages = spans.geometry().pages;
        let first = spans.next_run(|| self.pages.allocate_span(pages))?;
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

/// Passes on what was chosen of the span at `start`. Its frame is not above those that choose: some stacks are small.
#[inline(never)]
fn pass(
    start: usize,
    geometry: &Geometry,
    chosen: &Choice,
    rng: &mut Pcg32,
    take: &mut impl FnMut(&mut Pcg32, SpanSlots),
) {
    let size = geometry.object_size as usize;
    take(rng, SpanSlots::new(start, size, chosen));
}
