//! Slots for a thread's front end.

use core::ops::RangeInclusive;
use core::ptr::NonNull;

use bitmap::SlotSet;
use heap::{OwnerId, PageHeap, Run, SizeClass, SpanId};
use miniheap::{SpanClasses, Spans};
use rand_pcg::Pcg32;
use shufflevector::below;

use crate::global::GlobalHeap;
use crate::placement::Placement;
use crate::report::Report;
use crate::tuning::SPANS_PER_REFILL;

impl<P: PageHeap, R: Report> GlobalHeap<P, R> {
    /// Claims free slots of `class` for `owner` and passes them to `take`, span by span. Returns their number: `wanted`, or up to
    /// `most` when so many are left in the last span; less when they would come from too many spans, none when there is no
    /// memory.
    ///
    /// From a span, all free slots are claimed or some of them, chosen as `placement` says. A uniformly random subset makes the
    /// slots in use a random set whatever the order in which the program uses them, which is what makes two spans likely to mesh.
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
        let (wanted, most) = (*wanted.start(), *wanted.end());
        let slots = if free.len() <= most {
            free
        } else {
            match placement {
                Placement::Random => choose(&free, wanted, geometry.slots.into(), rng),
                Placement::Ascending => lowest(&free, wanted),
            }
        };
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
        spans.claim(unit, &slots, owner);
        take(
            rng,
            SpanSlots {
                start: self.labels().address_of(first),
                object_size: geometry.object_size as usize,
                slots: slots.bits().iter(),
                left: slots.len(),
            },
        );
        slots.len()
    }

    /// The unit to take slots from: the fullest that is worth it, else a dead group on its shared pages, else a new span.
    #[inline(always)]
    fn unit_with_room(
        &self,
        spans: &mut Spans,
        class: SizeClass,
        owner: OwnerId,
    ) -> Option<SpanId> {
        if let Some(unit) = spans.fullest(owner).or_else(|| spans.revive()) {
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

/// Addresses of claimed slots of one span, ascending.
pub struct SpanSlots {
    start: usize,
    object_size: usize,
    slots: bitmap::Iter<4>,
    left: usize,
}

/// The address of `slot`. `None` is for no slot: no address of the arena is zero.
#[inline(always)]
fn address(start: usize, slot: usize, object_size: usize) -> Option<NonNull<u8>> {
    NonNull::new((start + slot * object_size) as *mut u8)
}

impl Iterator for SpanSlots {
    type Item = NonNull<u8>;

    #[inline]
    fn next(&mut self) -> Option<NonNull<u8>> {
        let slot = self.slots.next()?;
        self.left -= 1;
        address(self.start, slot, self.object_size)
    }

    #[inline]
    fn fold<A, F: FnMut(A, NonNull<u8>) -> A>(self, first: A, mut step: F) -> A {
        let (start, object_size) = (self.start, self.object_size);
        self.slots.fold(first, |folded, slot| {
            match address(start, slot, object_size) {
                Some(slot) => step(folded, slot),
                None => folded,
            }
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

/// `wanted` of `free`, which has as many, every such subset being equally likely. The span has `slots` slots.
fn choose(free: &SlotSet, wanted: usize, slots: usize, rng: &mut Pcg32) -> SlotSet {
    // Few of a set that most random slots belong to: a few draws find them.
    if wanted * 4 <= free.len() && slots <= free.len() * 4 {
        draw(free, wanted, slots, rng)
    } else {
        select(free, wanted, rng)
    }
}

/// `wanted` of `free`, by drawing random slots until so many are found.
fn draw(free: &SlotSet, wanted: usize, slots: usize, rng: &mut Pcg32) -> SlotSet {
    let mut chosen = SlotSet::EMPTY;
    while chosen.len() < wanted {
        let slot = below(rng, slots as u32) as usize;
        if free.bits().contains(slot) {
            chosen.insert(slot);
        }
    }
    chosen
}

/// `wanted` of `free`, by selection sampling: each slot is taken with the chance that is still needed among those left.
fn select(free: &SlotSet, wanted: usize, rng: &mut Pcg32) -> SlotSet {
    let (mut chosen, mut needed) = (SlotSet::EMPTY, wanted);
    let mut left = free.len();
    for slot in free.bits().iter() {
        if (below(rng, left as u32) as usize) < needed {
            chosen.insert(slot);
            needed -= 1;
        }
        left -= 1;
    }
    chosen
}

/// The `wanted` lowest of `free`.
fn lowest(free: &SlotSet, wanted: usize) -> SlotSet {
    let mut chosen = SlotSet::EMPTY;
    for slot in free.bits().iter().take(wanted) {
        chosen.insert(slot);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitmap::SpanBits;

    /// Whether `choose`, whichever way it goes, prefers no subset of two.
    fn is_fair(free: SlotSet, choose: impl Fn(&SlotSet, &mut Pcg32) -> SlotSet) {
        let mut rng = Pcg32::new(42, 54);
        let (size, wanted, trials) = (free.len(), 2, 30_000);
        let mut seen = std::collections::BTreeMap::<Vec<usize>, usize>::new();
        for _ in 0..trials {
            let chosen = choose(&free, &mut rng);
            let chosen = *chosen.bits();
            assert!(chosen.is_subset(free.bits()) && chosen.len() == wanted);
            *seen.entry(chosen.iter().collect()).or_default() += 1;
        }
        let subsets = size * (size - 1) / 2;
        assert_eq!(seen.len(), subsets);
        let expected = trials as f64 / subsets as f64;
        let chi: f64 = seen
            .values()
            .map(|&n| (n as f64 - expected).powi(2) / expected)
            .sum();
        // 14 degrees of freedom: a fair choice exceeds 42.6 once in 10,000 seeds.
        assert!(chi < 42.6, "chi-square {chi}");
    }

    #[test]
    fn every_subset_is_equally_likely() {
        let free = SlotSet::from(SpanBits::from_words([0b1011_0110, 0, 1, 0]));
        is_fair(free, |free, rng| select(free, 2, rng));
        let free = SlotSet::from(SpanBits::from_words([0b1011_0111, 0, 0, 0]));
        is_fair(free, |free, rng| draw(free, 2, 8, rng));
    }

    #[test]
    fn the_lowest_are_the_first_in_order() {
        let free = SlotSet::from(SpanBits::from_words([0b1011_0110, 0, 1, 0]));
        let chosen = lowest(&free, 3);
        assert_eq!(chosen.bits().iter().collect::<Vec<_>>(), [1, 2, 4]);
        assert_eq!(lowest(&free, 6).bits(), free.bits());
    }
}
