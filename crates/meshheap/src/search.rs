//! The search for pairs in a portion of a class.

use core::ops::ControlFlow;

use globalheap::Report;
use heap::{Guard, PageHeap, SizeClass, SpanId};
use meshing::{Budget, Candidate, Merge, expected_partners, has_fair_chance};

use crate::hosts::worthwhile;
use crate::kept::Cycle;
use crate::mesh_heap::MeshHeap;
use crate::neighbours::tag_of;
use crate::policy::MeshPolicy;
use crate::portion::Portion;
use crate::scratch::{Parts, Scratch};
use crate::tuning::{
    JUDGED_SHARE, LEAST_JUDGED, LEAST_STEPS, MOST_JUDGED, PARTNERS_OF_RANDOM, STEPS,
    STEPS_PER_CANDIDATE,
};
use crate::width::{Mappings, Width};

impl<P: PageHeap, M: MeshPolicy, R: Report> MeshHeap<P, M, R> {
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
        let geometry = self.below().geometry(class);
        let neighbours = width.units(geometry)?;
        let slots = neighbours * usize::from(geometry.slots);
        let (physical, live) = {
            let spans = self.class(class);
            (spans.physical_spans(), spans.live())
        };
        let hosts = match width {
            Width::OntoHosts => Some(self.hosts(class)?),
            Width::Runs { .. } | Width::Single => None,
        };
        let is_left_alone = self.is_left_alone(class) || cycle.lasting.is_truce(class);
        if physical / neighbours < 2 || is_left_alone || !self.barrier_suffices() {
            return None;
        }
        // Runs that are unlikely to fit are looked for only where mappings are scarce; not if what they are made of will be anyway.
        let mean = live * neighbours / physical;
        let may_wait = neighbours > 1 && cycle.progress.mappings != Mappings::Scarce;
        if may_wait && !has_fair_chance(slots, mean) {
            return None;
        }
        let expected = portion.spans(physical, neighbours);
        let Some(mut scratch) = Scratch::new::<M>(self.pages(), expected, slots) else {
            self.meshed.count(&self.meshed.refused, 1);
            return None;
        };
        let mut parts = scratch.parts();
        let can_spend = self.can_spend();
        let origin = self.labels().first();
        let copied = self.copy_units(class, portion.from, parts.candidates, |spans, unit| {
            let id = SpanId(unit.tag);
            let first = spans.run(id)?.first;
            let is_wanted = can_spend || self.mappings_to_share(spans, id) == 0;
            let tag = match width {
                Width::Single => unit.tag,
                Width::Runs { .. } | Width::OntoHosts => tag_of(first, origin),
            };
            let unit = Candidate { tag, ..unit };
            let unit = match hosts {
                Some(hosts) => hosts.told_apart(spans, id, unit)?,
                None => unit,
            };
            is_wanted.then_some(unit)
        });
        let units = &mut parts.candidates[..copied.len];
        let candidates = match width {
            Width::Runs { .. } => self.put_together(geometry, neighbours, origin, units),
            Width::OntoHosts | Width::Single => units.len(),
        };
        let mut found = self.search(cycle, slots, &mut parts, candidates);
        let candidates = &mut parts.candidates[..candidates];
        match width {
            Width::OntoHosts => {
                let merges = &mut parts.merges[..found];
                found = worthwhile(candidates, origin, geometry, merges);
                self.name_by_records(origin, candidates);
            }
            Width::Single if is_unlike_random(candidates, slots, found) => self.permute(class),
            Width::Single | Width::Runs { .. } => {}
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
            .get_or_insert_with(|| M::seeded(self.pages().entropy()));
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
    pub(crate) merges: core::slice::Iter<'s, Merge>,
}

impl Iterator for Found<'_> {
    type Item = (SpanId, SpanId);

    fn next(&mut self) -> Option<Self::Item> {
        let merge = self.merges.next()?;
        let tag = |index: u32| Some(SpanId(self.candidates.get(index as usize)?.tag));
        Some((tag(merge.keep)?, tag(merge.join)?))
    }
}
