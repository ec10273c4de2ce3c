//! One mesh cycle, at one go. The module `slice` has the same in slices.
//!
//! For each size class: copy the units' bitmaps in short holds of the lock of the class, search without any lock, then
//! carry out what was found in short steps under the lock, looking at each pair again.

use core::ops::ControlFlow;

use bitmap::SpanBits;
use heap::{Guard, PageHeap, SizeClass, SpanId};
use meshing::{Budget, Candidate, Merge, expected_partners, has_fair_chance};
use miniheap::SpanClasses;

use crate::global::GlobalHeap;
use crate::neighbours::tag_of;
use crate::policy::MeshPolicy;
use crate::portion::Portion;
use crate::report::Report;
use crate::scratch::{Parts, Scratch};
use crate::slice::Progress;
use crate::tuning::{
    JUDGED_SHARE, LEAST_JUDGED, LEAST_STEPS, MESHES_PER_HOLD, MOST_JUDGED, PARTNERS_OF_RANDOM,
    STEPS, STEPS_PER_CANDIDATE,
};
use crate::width::Width;

/// What cycles keep from one to the next.
pub(crate) struct Cycle<M> {
    /// Made at the first cycle, since it wants a seed.
    mesher: Option<M>,
    /// How far a cycle in slices has come.
    pub(crate) progress: Progress,
    /// Bytes of small objects in use when the last cycle began.
    pub(crate) live_before: usize,
}

impl<M> Cycle<M> {
    pub(crate) const fn new() -> Self {
        Self {
            mesher: None,
            progress: Progress::new(),
            live_before: usize::MAX,
        }
    }
}

impl<P: PageHeap, M: MeshPolicy, R: Report> GlobalHeap<P, M, R> {
    /// Looks for spans to mesh in all size classes, and meshes them. Returns the bytes that this released.
    ///
    /// Does nothing while meshing is not enabled, when its guard says no, or when another thread is at it.
    pub fn mesh_cycle(&self) -> usize {
        let Some(mut cycle) = self.cycle.try_lock() else {
            return 0;
        };
        // A cycle in slices ends here: this one does all of its work.
        cycle.progress.reset();
        self.schedule.set_under_way(false);
        if !self.may_mesh() {
            self.pages.close_shared();
            return 0;
        }
        self.meshed.count(&self.meshed.cycles, 1);
        self.dissolve_leftovers(&cycle);
        let mut released = 0;
        // Who asks for a whole cycle wants all that it can give.
        let mappings = self.mappings(&mut cycle, false);
        let first = Some(Width::first(mappings, true));
        for width in core::iter::successors(first, |width| width.next(mappings)) {
            for class in Self::meshed_classes() {
                released += self.mesh_class(&mut cycle, class, width);
                if width.is_single() {
                    released += self.scatter_class(&mut cycle, class);
                }
            }
        }
        // Meshes leave leaders behind, with the pages that they have released.
        self.dissolve_leftovers(&cycle);
        self.pages.close_shared();
        released * P::PAGE_SIZE
    }

    /// Meshes the spans of one class, in runs of `width`; returns the pages that this released.
    fn mesh_class(
        &self,
        cycle: &mut Guard<'_, P::Lock, Cycle<M>>,
        class: SizeClass,
        width: Width,
    ) -> usize {
        let mut released = 0;
        let units = width.units(SpanClasses::geometry(class)).unwrap_or(1);
        let mut portion = Portion::WHOLE;
        let mut outcome = ControlFlow::Continue(0);
        loop {
            let next = self.with_found(cycle, class, width, portion, |_, pairs| {
                while outcome.is_continue() && pairs.merges.len() > 0 {
                    outcome =
                        self.commit(class, pairs.take(MESHES_PER_HOLD.div_ceil(units)), units);
                    let (ControlFlow::Continue(pages) | ControlFlow::Break(pages)) = outcome;
                    released += pages;
                }
            });
            match next {
                Some(from) if outcome.is_continue() => portion.from = from,
                _ => return released,
            }
        }
    }

    /// Searches among the spans of a portion of one class, and passes the pairs found on: the unit to keep, and the one to join to
    /// it; of runs of `width` the first of each. Returns where the next portion begins, if there is one.
    pub(crate) fn with_found(
        &self,
        cycle: &mut Guard<'_, P::Lock, Cycle<M>>,
        class: SizeClass,
        width: Width,
        portion: Portion,
        act: impl FnOnce(&mut Guard<'_, P::Lock, Cycle<M>>, &mut Found<'_>),
    ) -> Option<SpanId> {
        let geometry = SpanClasses::geometry(class);
        let neighbours = width.units(geometry)?;
        let slots = neighbours * usize::from(geometry.slots);
        let (physical, live) = {
            let spans = self.class(class);
            (spans.physical_spans(), spans.live())
        };
        if physical / neighbours < 2 || self.is_left_alone(class) || !self.barrier_suffices() {
            return None;
        }
        // Runs that are unlikely to fit need not be looked for yet when they will be anyway.
        let mean = live * neighbours / physical;
        if cycle.progress.is_held() && !has_fair_chance(slots, mean) {
            return None;
        }
        let expected = portion.spans(physical, neighbours);
        let Some(mut scratch) = Scratch::new::<M>(&self.pages, expected, slots) else {
            self.meshed.count(&self.meshed.refused, 1);
            return None;
        };
        let mut parts = scratch.parts();
        let can_spend = self.can_spend();
        let origin = self.labels().first();
        let copied = self.copy_units(class, portion.from, parts.candidates, |spans, unit| {
            let id = SpanId(unit.tag);
            let tag = match neighbours {
                1 => unit.tag,
                _ => tag_of(spans.run(id)?.first, origin),
            };
            let is_wanted = can_spend || self.mappings_to_share(spans, id) == 0;
            is_wanted.then_some(Candidate { tag, ..unit })
        });
        let units = &mut parts.candidates[..copied.len];
        let candidates = match neighbours {
            1 => units.len(),
            _ => self.put_together(geometry, neighbours, origin, units),
        };
        let found = self.search(cycle, slots, &mut parts, candidates);
        let candidates = &parts.candidates[..candidates];
        if neighbours == 1 && is_unlike_random(candidates, slots, found) {
            self.permute(class);
        }
        let merges = parts.merges[..found].iter();
        act(cycle, &mut Found { candidates, merges });
        copied.next
    }

    /// Searches among the first `candidates` candidates; returns how many merges were found.
    pub(crate) fn search(
        &self,
        cycle: &mut Guard<'_, P::Lock, Cycle<M>>,
        slots: usize,
        parts: &mut Parts<'_>,
        candidates: usize,
    ) -> usize {
        let mesher = cycle
            .mesher
            .get_or_insert_with(|| M::seeded(self.pages.entropy()));
        let mut budget = budget(candidates);
        let mut places = parts.merges.iter_mut();
        let mut found = 0;
        let spans = &parts.candidates[..candidates];
        mesher.find(
            spans,
            slots,
            parts.words,
            &mut budget,
            |merge| match places.next() {
                Some(place) => {
                    *place = merge;
                    found += 1;
                    ControlFlow::Continue(())
                }
                None => ControlFlow::Break(()),
            },
        );
        found
    }
}

/// What a search among so many candidates may take.
pub(crate) fn budget(candidates: usize) -> Budget {
    let steps = STEPS_PER_CANDIDATE * candidates as u64;
    Budget::steps(steps.clamp(LEAST_STEPS, STEPS))
}

/// Whether a search found much less among the candidates than among as many random sets, where hardly one is left over: then what
/// is kept of each span is about the same, and rotation does not help.
fn is_unlike_random(candidates: &[Candidate], slots: usize, found: usize) -> bool {
    if candidates.len() < LEAST_JUDGED || found * JUDGED_SHARE >= candidates.len() {
        return false;
    }
    let live: usize = candidates.iter().map(|unit| unit.live.len()).sum();
    let mean = live.div_ceil(candidates.len());
    let seen = candidates.len().min(MOST_JUDGED);
    expected_partners(slots, mean, seen) >= PARTNERS_OF_RANDOM
}

/// The pairs that a search found, of units that were there then: the one to keep, and the one to join to it.
pub(crate) struct Found<'s> {
    candidates: &'s [Candidate],
    merges: core::slice::Iter<'s, Merge>,
}

impl Iterator for Found<'_> {
    type Item = (SpanId, SpanId);

    fn next(&mut self) -> Option<Self::Item> {
        let merge = self.merges.next()?;
        let tag = |index: u32| Some(SpanId(self.candidates.get(index as usize)?.tag));
        Some((tag(merge.keep)?, tag(merge.join)?))
    }
}

/// A whole unit as a candidate.
pub(crate) fn whole(unit: SpanId, live: SpanBits, members: u32) -> Candidate {
    let weight = u16::try_from(members).unwrap_or(u16::MAX);
    Candidate {
        live,
        tag: unit.0,
        weight,
    }
}
