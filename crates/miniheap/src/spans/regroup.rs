//! How spans come together in groups, and leave them.
//!
//! **Invariant:** the members of a group form a ring through `peer`; their live slots are disjoint and make up the
//! group's. A member that is not the leader has objects: without any it is detached. Each step moves one span and keeps this true, so a mesh may stop after any of them.

use heap::{Metadata, PageIndex, Run, SpanId};

use super::Spans;
use crate::group::{Group, GroupId};
use crate::miniheap::{MiniHeap, State};

impl Spans {
    /// Whether the units are two, in use, have no slot in common, and the pages of none move that must not.
    pub fn can_mesh(&self, keep: SpanId, join: SpanId) -> bool {
        let in_use = |id: SpanId| {
            self.heaps
                .get(id.0)
                .is_some_and(|heap| heap.state == State::Unit && heap.count > 0)
        };
        keep != join
            && in_use(keep)
            && in_use(join)
            && self
                .heaps
                .get(keep.0)
                .is_some_and(MiniHeap::takes_others_in)
            && self.heaps.get(join.0).is_some_and(|heap| heap.pins == 0)
            && self.union(keep).is_disjoint(&self.union(join))
    }

    /// A record for a group to come; `None` when there is no memory.
    pub fn reserve_group(&mut self, memory: &impl Metadata) -> Option<GroupId> {
        self.groups.add(memory).map(GroupId)
    }

    /// Gives back a record from [`reserve_group`](Self::reserve_group) that was not used.
    pub fn unreserve_group(&mut self, id: GroupId) {
        self.groups.remove(id.0);
    }

    /// The solo unit, which is now on the shared pages that its own run names, becomes the leader and only member of
    /// `group`.
    pub fn lead(&mut self, unit: SpanId, group: GroupId) {
        let (Some(heap), Some(record)) = (self.heaps.get_mut(unit.0), self.groups.get_mut(group.0))
        else {
            return;
        };
        debug_assert!(heap.state == State::Unit && heap.group().is_none());
        heap.set_group(Some(group));
        heap.peer = unit.0;
        *record = Group {
            live: heap.live,
            leader: unit.0,
            home: heap.first(),
            members: 1,
        };
        self.live_groups += 1;
    }

    /// The member of `unit` to move next, if any has objects: the leader last, so that a group whose move stops half-way
    /// keeps it. A leader without objects does not move: see [`leave_if_drained`](Self::leave_if_drained).
    pub fn next_to_move(&self, unit: SpanId) -> Option<SpanId> {
        let heap = self.heaps.get(unit.0)?;
        if heap.group().is_some() && heap.peer != unit.0 {
            return Some(SpanId(heap.peer));
        }
        self.holds_objects(unit).then_some(unit)
    }

    /// The members of a unit that have objects: all but, perhaps, the leader.
    pub fn members_with_objects(&self, unit: SpanId) -> impl Iterator<Item = SpanId> + '_ {
        self.members(unit)
            .filter(|&member| self.holds_objects(member))
    }

    /// All members of a unit, itself first.
    pub fn members(&self, unit: SpanId) -> impl Iterator<Item = SpanId> + '_ {
        let grouped = self
            .heaps
            .get(unit.0)
            .is_some_and(|heap| heap.group().is_some());
        core::iter::successors(Some(unit), move |id| {
            let peer = self.heaps.get(id.0)?.peer;
            (grouped && peer != unit.0).then_some(SpanId(peer))
        })
    }

    /// The page that names the shared pages that a span is on, if it is in a group.
    pub fn home(&self, id: SpanId) -> Option<PageIndex> {
        let heap = self.heaps.get(id.0)?;
        Some(self.groups.get(heap.group()?.0)?.home)
    }

    /// The pages of all members of a unit.
    pub fn member_runs(&self, unit: SpanId) -> impl Iterator<Item = Run> + '_ {
        self.members(unit).filter_map(|member| self.run(member))
    }

    /// The leader of a group from which all objects have been moved away becomes a leftover.
    pub fn leave_if_drained(&mut self, leader: SpanId) {
        let drained = self
            .heaps
            .get_mut(leader.0)
            .filter(|heap| heap.state == State::Unit && heap.count == 0 && heap.group().is_some());
        if let Some(heap) = drained {
            heap.state = State::Dead;
            self.bins.remove(&mut self.heaps, leader.0);
            self.dead.push(&mut self.heaps, leader.0);
        }
    }

    /// `member`, which is now on the shared pages of `keep`, leaves its unit for the group of `keep`. Returns the first
    /// page of the shared pages that nobody is on any more, if it was the last member of a group.
    pub fn transfer(&mut self, member: SpanId, keep: SpanId) -> Option<PageIndex> {
        let unit = self.unit_of(member.0);
        let group = self.heaps.get(keep.0).and_then(MiniHeap::group)?;
        let (live, old_group) = self
            .heaps
            .get(member.0)
            .map(|heap| (heap.live, heap.group()))?;
        let abandoned = self.leave(member.0, unit, old_group);

        let record = self.groups.get_mut(group.0)?;
        debug_assert!(record.live.is_disjoint(&live));
        record.live = record.live.union(&live);
        record.members += 1;
        let leader = self.heaps.get_mut(keep.0)?;
        leader.count += live.len() as u16;
        let peer = core::mem::replace(&mut leader.peer, member.0);
        let heap = self.heaps.get_mut(member.0)?;
        (heap.peer, heap.state, heap.count) = (peer, State::Member, 0);
        heap.set_group(Some(group));
        self.joined += 1;
        self.rebin(keep.0);
        abandoned
    }

    /// Takes `member` out of its unit, with its slots. Returns the home of a group that has no members left.
    fn leave(&mut self, member: u32, unit: u32, group: Option<GroupId>) -> Option<PageIndex> {
        let live = self.heaps.get(member)?.live;
        if member == unit {
            // The leader moves last, so nobody is left.
            debug_assert!(
                group.is_none()
                    || self
                        .heaps
                        .get(member)
                        .is_some_and(|heap| heap.peer == member)
            );
            self.bins.remove(&mut self.heaps, unit);
            self.units -= 1;
            let group = group?;
            let home = self.groups.get(group.0)?.home;
            self.live_groups -= 1;
            self.unreserve_group(group);
            return Some(home);
        }
        self.unring(member, unit);
        let leader = self.heaps.get_mut(unit)?;
        leader.count -= live.len() as u16;
        let record = self.groups.get_mut(group?.0)?;
        record.live = record.live.without(&live);
        record.members -= 1;
        if self.heaps.get(unit)?.count == 0 {
            self.bury(unit);
        } else {
            self.rebin(unit);
        }
        None
    }

    /// The leader of a group without slots in use is left behind, to be dissolved or revived.
    pub(super) fn bury(&mut self, leader: u32) {
        self.bins.remove(&mut self.heaps, leader);
        if let Some(heap) = self.heaps.get_mut(leader) {
            heap.state = State::Dead;
            self.dead.push(&mut self.heaps, leader);
        }
    }

    /// Takes a member that is not the leader out of the ring.
    fn unring(&mut self, member: u32, leader: u32) {
        let Some(after) = self.heaps.get(member).map(|heap| heap.peer) else {
            return;
        };
        let mut at = leader;
        while let Some(heap) = self.heaps.get_mut(at) {
            if heap.peer == member {
                heap.peer = after;
                return;
            }
            at = heap.peer;
            if at == leader {
                return;
            }
        }
    }

    /// A member that has no slot in use any more leaves its group, to be dissolved.
    pub(super) fn detach(&mut self, member: u32) {
        let unit = self.unit_of(member);
        self.unring(member, unit);
        let Some(heap) = self.heaps.get_mut(member) else {
            return;
        };
        heap.state = State::Detached;
        let group = heap.group();
        heap.set_group(None);
        if let Some(record) = group.and_then(|group| self.groups.get_mut(group.0)) {
            record.members -= 1;
        }
        self.drained += 1;
        self.detached.push(&mut self.heaps, member);
    }

    /// Whether there are spans to be dissolved.
    pub fn has_leftovers(&self) -> bool {
        !self.detached.is_empty() || !self.dead.is_empty()
    }

    /// A span to be put back on private pages: its record, its pages, and the shared pages to free with it, if it was the
    /// leader of a dead group. To be followed by [`forget`](Self::forget) or [`postpone`](Self::postpone).
    pub fn next_leftover(&mut self) -> Option<(SpanId, Run, Option<PageIndex>)> {
        let id = match self.detached.pop(&mut self.heaps) {
            Some(id) => id,
            None => self.dead.pop(&mut self.heaps)?,
        };
        let home = self
            .heaps
            .get(id)?
            .group()
            .and_then(|group| self.groups.get(group.0));
        Some((
            SpanId(id),
            self.run(SpanId(id))?,
            home.map(|group| group.home),
        ))
    }

    /// The leftover was dissolved.
    pub fn forget(&mut self, id: SpanId) {
        let Some(heap) = self.heaps.get_mut(id.0) else {
            return;
        };
        if let Some(group) = heap.group() {
            heap.set_group(None);
            self.live_groups -= 1;
            self.units -= 1;
            self.unreserve_group(group);
        }
        self.retire(id.0);
    }

    /// The leftover could not be dissolved now.
    pub fn postpone(&mut self, id: SpanId) {
        match self.heaps.get(id.0).map(|heap| heap.state) {
            Some(State::Detached) => self.detached.push(&mut self.heaps, id.0),
            Some(State::Dead) => self.dead.push(&mut self.heaps, id.0),
            _ => {}
        }
    }

    /// The leftover is none before [`take_up_again`](Self::take_up_again). The leader of a dead group is a detached span from
    /// now on, which stays where it is although the shared pages go.
    pub fn put_aside(&mut self, id: SpanId) {
        let Some(heap) = self.heaps.get_mut(id.0) else {
            return;
        };
        if let Some(group) = heap.group() {
            heap.set_group(None);
            heap.state = State::Detached;
            self.live_groups -= 1;
            self.units -= 1;
            self.unreserve_group(group);
        }
        self.aside.push(&mut self.heaps, id.0);
    }

    /// What was put aside is a leftover as any other again.
    pub fn take_up_again(&mut self) {
        while let Some(id) = self.aside.pop(&mut self.heaps) {
            self.detached.push(&mut self.heaps, id);
        }
    }

    /// A dead group's leader, to be used again where it is, on its shared pages. All its slots are free, and it is in no bin
    /// before slots of it are claimed.
    pub fn revive(&mut self) -> Option<SpanId> {
        let id = self.dead.pop(&mut self.heaps)?;
        let heap = self.heaps.get_mut(id)?;
        (heap.state, heap.pins) = (State::Unit, 0);
        Some(SpanId(id))
    }

    /// The pages of all members of all groups, in the order in which the spans were made: mostly, neighbours follow each
    /// other.
    pub fn grouped_runs(&self) -> impl Iterator<Item = Run> + '_ {
        (0..self.heaps.len()).filter_map(|id| {
            let heap = self.heaps.get(id)?;
            let grouped = heap.state != State::Unused && heap.group().is_some();
            grouped.then(|| self.run(SpanId(id)))?
        })
    }

    /// All groups that have pages, dead ones included.
    pub fn group_leaders(&self) -> impl Iterator<Item = (SpanId, PageIndex)> + '_ {
        (0..self.heaps.len()).filter_map(|id| {
            let heap = self.heaps.get(id)?;
            if !matches!(heap.state, State::Unit | State::Dead) {
                return None;
            }
            Some((SpanId(id), self.groups.get(heap.group()?.0)?.home))
        })
    }
}
