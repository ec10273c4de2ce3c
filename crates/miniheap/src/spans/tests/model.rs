//! What [`Spans`](crate::Spans) stands for, as plainly as it can be said.

use std::collections::{BTreeMap, BTreeSet};

use heap::{OwnerId, PageIndex};

/// Where a virtual span is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// On pages of its own.
    Alone,
    /// On the shared pages that its own run names.
    Leader,
    /// On the shared pages of this leader.
    Member(u32),
    /// Left behind on shared pages, of no use to anybody.
    Detached,
}

#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) first: PageIndex,
    pub(super) owner: OwnerId,
    pub(super) place: Place,
    pub(super) live: BTreeSet<u16>,
}

/// All spans by the number of their record.
#[derive(Default, Debug)]
pub(super) struct Model {
    pub(super) spans: BTreeMap<u32, Span>,
    /// How often units with objects are pinned.
    pub(super) pins: BTreeMap<u32, u16>,
}

impl Model {
    pub(super) fn add(&mut self, id: u32, first: PageIndex) {
        let span = Span {
            first,
            owner: OwnerId::NOBODY,
            place: Place::Alone,
            live: BTreeSet::new(),
        };
        assert!(self.spans.insert(id, span).is_none(), "{id} is in use");
    }

    /// The unit that a span belongs to; of a detached span, itself.
    pub(super) fn unit_of(&self, id: u32) -> u32 {
        match self.spans[&id].place {
            Place::Member(leader) => leader,
            _ => id,
        }
    }

    pub(super) fn members(&self, unit: u32) -> BTreeSet<u32> {
        let of_unit = |&id: &u32| self.unit_of(id) == unit;
        self.spans.keys().copied().filter(of_unit).collect()
    }

    /// Slots in use in a whole unit.
    pub(super) fn union(&self, unit: u32) -> BTreeSet<u16> {
        let members = self.members(unit);
        members
            .iter()
            .flat_map(|id| self.spans[id].live.iter().copied())
            .collect()
    }

    pub(super) fn live(&self) -> usize {
        self.spans.values().map(|span| span.live.len()).sum()
    }

    /// Physical spans.
    pub(super) fn units(&self) -> Vec<u32> {
        let unit = |id: &u32| matches!(self.spans[id].place, Place::Alone | Place::Leader);
        self.spans.keys().copied().filter(unit).collect()
    }

    pub(super) fn leaders(&self) -> BTreeSet<u32> {
        let leads = |id: &u32| self.spans[id].place == Place::Leader;
        self.spans.keys().copied().filter(leads).collect()
    }

    /// Leaders whose groups nobody uses any more.
    pub(super) fn dead(&self) -> BTreeSet<u32> {
        self.leaders()
            .into_iter()
            .filter(|&id| self.union(id).is_empty())
            .collect()
    }

    pub(super) fn detached(&self) -> BTreeSet<u32> {
        let detached = |id: &u32| self.spans[id].place == Place::Detached;
        self.spans.keys().copied().filter(detached).collect()
    }

    pub(super) fn claim(
        &mut self,
        unit: u32,
        slots: impl IntoIterator<Item = u16>,
        owner: OwnerId,
    ) {
        let span = self.spans.get_mut(&unit).unwrap();
        span.owner = owner;
        span.live.extend(slots);
    }

    /// Whether the slot was in use.
    pub(super) fn release(&mut self, id: u32, slot: u16) -> bool {
        if !self.spans.contains_key(&id) {
            return false;
        }
        let unit = self.unit_of(id);
        let Some(span) = self.spans.get_mut(&id) else {
            return false;
        };
        let was_live = span.live.remove(&slot);
        if was_live && span.live.is_empty() && matches!(span.place, Place::Member(_)) {
            span.place = Place::Detached;
        }
        if self.union(unit).is_empty() {
            self.pins.remove(&unit);
        }
        was_live
    }

    pub(super) fn is_pinned(&self, unit: u32) -> bool {
        self.pins.get(&unit).is_some_and(|&pins| pins > 0)
    }

    /// Whether a mesh may leave the unit's pages as they are, and put others onto them.
    pub(super) fn takes_others_in(&self, unit: u32) -> bool {
        !self.is_pinned(unit) || self.spans[&unit].place == Place::Leader
    }

    /// The unit that a pin of `id` holds, if it holds any.
    pub(super) fn pinnable(&self, id: u32) -> Option<u32> {
        let unit = self.unit_of(id);
        let in_use = self.spans[&id].place != Place::Detached && !self.union(unit).is_empty();
        in_use.then_some(unit)
    }

    pub(super) fn can_mesh(&self, keep: u32, join: u32) -> bool {
        let units = self.units();
        let in_use = |id| units.contains(&id) && !self.union(id).is_empty();
        keep != join
            && in_use(keep)
            && in_use(join)
            && self.takes_others_in(keep)
            && !self.is_pinned(join)
            && self.union(keep).is_disjoint(&self.union(join))
    }

    /// Whether `keep` is a unit in use with the slots free that are in use at the addresses of `span`.
    pub(super) fn has_room_for(&self, keep: u32, span: u32) -> bool {
        let in_use = self.units().contains(&keep)
            && !self.union(keep).is_empty()
            && self.takes_others_in(keep);
        in_use && keep != span && self.union(keep).is_disjoint(&self.spans[&span].live)
    }

    /// Whether `member` has objects, which fit into another unit, and is free to go: a leader goes last.
    pub(super) fn can_move(&self, member: u32, keep: u32) -> bool {
        let unit = self.unit_of(member);
        let free_to_go = member != unit || self.members(unit).len() == 1;
        let has_objects = !self.spans[&member].live.is_empty();
        has_objects
            && free_to_go
            && !self.is_pinned(unit)
            && unit != keep
            && self.has_room_for(keep, member)
    }

    /// `member` goes to the group of `keep`; says whether shared pages are left without anybody.
    pub(super) fn transfer(&mut self, member: u32, keep: u32) -> bool {
        let span = self.spans.get_mut(&member).unwrap();
        assert!(
            !span.live.is_empty(),
            "a span that nobody uses is not worth a move"
        );
        let abandoned = span.place == Place::Leader;
        span.place = Place::Member(keep);
        abandoned
    }
}
