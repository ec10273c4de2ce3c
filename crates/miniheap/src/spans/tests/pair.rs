//! Spans and their model, step by step.

use std::collections::BTreeSet;

use bitmap::SpanBits;
use heap::{OwnerId, PageIndex, Run, SpanId};
use proptest::sample::Index;

use super::model::{Model, Place};
use super::step::Step;
use crate::leaked::Leaked;
use crate::{Geometry, Released, Spans};

/// The spans of one class with the model of them.
pub(super) struct Pair {
    pub(super) spans: Spans,
    pub(super) model: Model,
    pub(super) memory: Leaked,
    pub(super) next_page: usize,
    pub(super) made: usize,
    pub(super) peak: usize,
}

pub(super) fn bits(slots: &BTreeSet<u16>) -> SpanBits {
    let mut bits = SpanBits::EMPTY;
    for &slot in slots {
        bits.insert(usize::from(slot));
    }
    bits
}

/// The element of a set that `index` chooses.
fn choice<T: Copy>(index: Index, from: impl IntoIterator<Item = T>) -> Option<T> {
    let all: Vec<T> = from.into_iter().collect();
    (!all.is_empty()).then(|| *index.get(&all))
}

impl Pair {
    pub(super) fn new(geometry: Geometry) -> Self {
        Self {
            spans: Spans::new(geometry),
            model: Model::default(),
            memory: Leaked::without_end(),
            next_page: 0,
            made: 0,
            peak: 0,
        }
    }

    pub(super) fn slots(&self) -> u16 {
        self.spans.geometry().slots
    }

    pub(super) fn apply(&mut self, step: &Step) {
        match *step {
            Step::Add => {
                let first = PageIndex(self.next_page);
                self.next_page += self.spans.geometry().pages.index();
                let id = self.spans.add(&self.memory, first).unwrap();
                self.model.add(id.0, first);
                self.made += 1;
                self.peak = self.peak.max(self.model.spans.len());
            }
            Step::Claim { unit, mask, owner } => {
                let dead = self.model.dead();
                let usable = self
                    .model
                    .units()
                    .into_iter()
                    .filter(|id| !dead.contains(id));
                if let Some(unit) = choice(unit, usable) {
                    self.claim(unit, SpanBits::from_words(mask), OwnerId(owner));
                }
            }
            Step::Refill { owner } => {
                if let Some(unit) = self.spans.fullest(OwnerId(owner)) {
                    let lowest = self.spans.free_slots(unit).bits().iter().next();
                    let mut slots = SpanBits::EMPTY;
                    slots.insert(lowest.expect("a unit in a bin has a free slot"));
                    self.claim(unit.0, slots, OwnerId(owner));
                }
            }
            Step::Release(index) => {
                let live = self.model.spans.iter();
                let live =
                    live.flat_map(|(&id, span)| span.live.iter().map(move |&slot| (id, slot)));
                if let Some((id, slot)) = choice(index, live) {
                    self.release(id, slot);
                }
            }
            Step::Drain(index) => {
                if let Some(id) = self.any(index) {
                    self.drain(id);
                }
            }
            Step::ReleaseAny { span, slot } => self.release(span, slot),
            Step::Mesh { pair, moves } => {
                let units = self.model.units();
                let pairs = units
                    .iter()
                    .flat_map(|&keep| units.iter().map(move |&join| (keep, join)));
                let fits = |&(keep, join): &(u32, u32)| self.model.can_mesh(keep, join);
                if let Some((keep, join)) = choice(pair, pairs.filter(fits)) {
                    self.mesh(keep, join, moves);
                }
            }
            Step::MeshAny { keep, join } => {
                if let (Some(keep), Some(join)) = (self.any(keep), self.any(join)) {
                    self.mesh(keep, join, usize::MAX);
                }
            }
            Step::MoveOut { pair } => {
                let ids = || self.model.spans.keys().copied();
                let pairs = ids().flat_map(|keep| ids().map(move |member| (keep, member)));
                let fits = |&(keep, member): &(u32, u32)| self.model.can_move(member, keep);
                if let Some((keep, member)) = choice(pair, pairs.filter(fits)) {
                    let left = self.model.unit_of(member);
                    self.share(keep);
                    self.transfer(member, keep);
                    self.spans.leave_if_drained(SpanId(left));
                }
            }
            Step::Leftover { forget } => {
                self.leftover(forget);
            }
            Step::Revive { owner } => {
                let dead = self.model.dead();
                let revived = self.spans.revive();
                assert_eq!(revived.is_some(), !dead.is_empty());
                if let Some(id) = revived {
                    assert!(dead.contains(&id.0));
                    self.claim(id.0, SpanBits::first(1), OwnerId(owner));
                }
            }
            Step::Remove(index) => {
                if let Some(id) = self.any(index) {
                    self.remove(id);
                }
            }
            Step::Pin(index) => {
                // An empty unit is about to be removed: nobody can ask for it.
                let ids = self.model.spans.keys().copied();
                let ids = ids.filter(|&id| self.model.pinnable(id).is_some());
                if let Some(id) = choice(index, ids) {
                    *self.model.pins.entry(self.model.unit_of(id)).or_default() += 1;
                    assert!(self.spans.pin(SpanId(id)));
                }
            }
            Step::Unpin(index) => {
                if let Some(id) = self.any(index)
                    && let unit = self.model.unit_of(id)
                    && self.model.pinnable(id).is_some()
                {
                    let pinned = self.model.is_pinned(unit);
                    assert_eq!(self.spans.unpin(SpanId(id)), pinned);
                    if pinned {
                        *self.model.pins.entry(unit).or_default() -= 1;
                    }
                }
            }
        }
    }

    pub(super) fn any(&self, index: Index) -> Option<u32> {
        choice(index, self.model.spans.keys().copied())
    }

    /// Claims the free ones of `slots`, if there are any.
    pub(super) fn claim(&mut self, unit: u32, slots: SpanBits, owner: OwnerId) {
        let free = self.spans.free_slots(SpanId(unit));
        let slots = free.intersection(&slots);
        if slots.is_empty() {
            return;
        }
        self.spans.claim(SpanId(unit), &slots, owner);
        self.model
            .claim(unit, slots.bits().iter().map(|slot| slot as u16), owner);
    }

    pub(super) fn release(&mut self, id: u32, slot: u16) {
        self.release_all(id, &BTreeSet::from([slot]));
    }

    /// Releases slots, whether they are in use or not.
    pub(super) fn release_all(&mut self, id: u32, slots: &BTreeSet<u16>) {
        let alone = self
            .model
            .spans
            .get(&id)
            .is_some_and(|span| span.place == Place::Alone);
        let freed = slots
            .iter()
            .copied()
            .filter(|&slot| self.model.release(id, slot))
            .collect::<BTreeSet<_>>();
        let emptied = alone && !freed.is_empty() && self.model.spans[&id].live.is_empty();
        let freed = bits(&freed);
        assert_eq!(
            self.spans.release(SpanId(id), &bits(slots).into()),
            Released {
                freed: freed.into(),
                emptied
            }
        );
        if emptied {
            self.remove(id);
        }
    }

    pub(super) fn drain(&mut self, id: u32) {
        let live = self.model.spans[&id].live.clone();
        self.release_all(id, &live);
    }

    pub(super) fn remove(&mut self, id: u32) {
        let span = &self.model.spans[&id];
        let run = Run {
            first: span.first,
            pages: self.spans.geometry().pages,
        };
        let removable = span.place == Place::Alone && span.live.is_empty();
        assert_eq!(self.spans.remove(SpanId(id)), removable.then_some(run));
        if removable {
            self.model.spans.remove(&id);
        }
    }

    /// What the commit of a mesh does to the records, as far as its `moves`-th remap.
    pub(super) fn mesh(&mut self, keep: u32, join: u32, moves: usize) {
        let possible = self.model.can_mesh(keep, join);
        assert_eq!(self.spans.can_mesh(SpanId(keep), SpanId(join)), possible);
        if !possible {
            return;
        }
        self.share(keep);
        for _ in 0..moves {
            let next = self.spans.next_to_move(SpanId(join)).map(|id| id.0);
            // A leader whose group has nothing left to move stays behind, for the dead.
            assert_eq!(next.is_none(), self.model.dead().contains(&join));
            let Some(member) = next else { return };
            let members = self.model.members(join);
            assert!(members.contains(&member));
            assert_eq!(member == join, members.len() == 1, "the leader moves last");
            self.transfer(member, keep);
            self.check();
            if member == join {
                return;
            }
        }
    }

    /// Puts a unit on shared pages, if it is not there.
    fn share(&mut self, keep: u32) {
        if self.model.spans[&keep].place == Place::Alone {
            let group = self.spans.reserve_group(&self.memory).unwrap();
            self.spans.lead(SpanId(keep), group);
            self.model.spans.get_mut(&keep).unwrap().place = Place::Leader;
        }
    }

    fn transfer(&mut self, member: u32, keep: u32) {
        let home = self.model.spans[&member].first;
        let abandoned = self.model.transfer(member, keep).then_some(home);
        assert_eq!(self.spans.transfer(SpanId(member), SpanId(keep)), abandoned);
    }

    /// Says whether there was a leftover.
    pub(super) fn leftover(&mut self, forget: bool) -> bool {
        let (dead, detached) = (self.model.dead(), self.model.detached());
        let found = self.spans.next_leftover();
        assert_eq!(found.is_some(), !dead.is_empty() || !detached.is_empty());
        let Some((id, run, home)) = found else {
            return false;
        };
        let span = &self.model.spans[&id.0];
        assert_eq!(run.first, span.first);
        assert_eq!(run.pages, self.spans.geometry().pages);
        // Shared pages are freed with the leader, so everybody who may still be on them goes first.
        match home {
            None => assert!(detached.contains(&id.0)),
            Some(home) => {
                assert!(dead.contains(&id.0) && detached.is_empty());
                assert_eq!(home, span.first);
            }
        }
        if forget {
            self.spans.forget(id);
            self.model.spans.remove(&id.0);
        } else {
            self.spans.postpone(id);
        }
        true
    }

    /// Gives everything back and shows that nothing is left.
    pub(super) fn end(mut self) {
        let all: Vec<u32> = self.model.spans.keys().copied().collect();
        all.into_iter().for_each(|id| self.drain(id));
        while self.leftover(true) {}
        let rest: Vec<u32> = self.model.spans.keys().copied().collect();
        rest.into_iter().for_each(|id| self.remove(id));
        self.check();
        let spans = &self.spans;
        let left = (
            spans.spans(),
            spans.live(),
            spans.physical_spans(),
            spans.groups(),
        );
        assert_eq!(left, (0, 0, 0, 0));
        assert_eq!(spans.units().count(), 0);
        // No record is lost, and no more were made than were ever needed.
        assert_eq!((spans.heaps.used(), spans.groups.used()), (0, 0));
        assert_eq!(spans.heaps.len() as usize, self.peak);
    }
}
