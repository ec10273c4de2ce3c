//! Slots for a thread's front end.

use core::ptr::NonNull;

use bitmap::SlotSet;
use heap::{OwnerId, PageHeap, Run, SizeClass, SpanId};
use miniheap::{SpanClasses, Spans};
use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

use crate::global::GlobalHeap;
use crate::policy::MeshPolicy;
use crate::report::Report;
use crate::tuning::SPANS_PER_REFILL;

impl<P: PageHeap, M: MeshPolicy, R: Report> GlobalHeap<P, M, R> {
    /// Claims up to `wanted` free slots of `class` for `owner` and passes them to `take`, span by span. Returns their
    /// number: less than `wanted` when they would come from too many spans, none when there is no memory.
    ///
    /// From a span, all free slots are claimed or a uniformly random subset of them: then the slots in use are a random
    /// set whatever the order in which the program uses them, which is what makes two spans likely to mesh.
    pub fn refill(
        &self,
        class: SizeClass,
        owner: OwnerId,
        wanted: usize,
        rng: &mut Pcg32,
        mut take: impl FnMut(&mut Pcg32, SpanSlots),
    ) -> usize {
        self.upkeep();
        let labels = self.labels();
        let geometry = SpanClasses::geometry(class);
        let mut spans = self.class(class);
        let mut taken = 0;
        for _ in 0..SPANS_PER_REFILL {
            if taken == wanted {
                break;
            }
            let Some(unit) = self.unit_with_room(&mut spans, class, owner) else {
                break;
            };
            let slots = choose(spans.free_slots(unit), wanted - taken, rng);
            let Some(heap) = spans.get(unit) else { break };
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
            taken += slots.len();
            take(
                rng,
                SpanSlots {
                    start: labels.address_of(first),
                    object_size: geometry.object_size as usize,
                    slots: slots.bits().iter(),
                },
            );
        }
        taken
    }

    /// The unit to take slots from: the fullest that is worth it, else a dead group on its shared pages, else a new span.
    fn unit_with_room(
        &self,
        spans: &mut Spans,
        class: SizeClass,
        owner: OwnerId,
    ) -> Option<SpanId> {
        if let Some(unit) = spans.fullest(owner).or_else(|| spans.revive()) {
            return Some(unit);
        }
        let pages = spans.geometry().pages;
        let first = self.pages.allocate_span(pages)?;
        let run = Run { first, pages };
        let Some(id) = spans.add(&self.pages, first) else {
            // SAFETY: allocated above, private, and in nobody's hands.
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
}

impl Iterator for SpanSlots {
    type Item = NonNull<u8>;

    #[inline]
    fn next(&mut self) -> Option<NonNull<u8>> {
        let slot = self.slots.next()?;
        // Addresses of the arena are never zero: `None` comes from the end of the slots only.
        NonNull::new((self.start + slot * self.object_size) as *mut u8)
    }
}

/// All of `free`, or `wanted` of them, every such subset being equally likely.
fn choose(free: SlotSet, wanted: usize, rng: &mut Pcg32) -> SlotSet {
    let mut left = free.len();
    if left <= wanted {
        return free;
    }
    let (mut chosen, mut needed) = (SlotSet::EMPTY, wanted);
    // Selection sampling: each slot is taken with the chance that is still needed among those left.
    for slot in free.bits().iter() {
        let draw = (u64::from(rng.next_u32()) * left as u64) >> 32;
        if (draw as usize) < needed {
            chosen.insert(slot);
            needed -= 1;
        }
        left -= 1;
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitmap::SpanBits;

    #[test]
    fn every_subset_is_equally_likely() {
        let mut rng = Pcg32::new(42, 54);
        let free = SlotSet::from(SpanBits::from_words([0b1011_0110, 0, 1, 0]));
        let (size, wanted, trials) = (free.len(), 2, 30_000);
        let mut seen = std::collections::BTreeMap::<Vec<usize>, usize>::new();
        for _ in 0..trials {
            let chosen = choose(free, wanted, &mut rng);
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
    fn few_free_slots_are_all_taken() {
        let free = SlotSet::from(SpanBits::from_words([0b101, 0, 0, 0]));
        assert_eq!(choose(free, 2, &mut Pcg32::new(1, 1)), free);
    }
}
