//! Groups that have thinned out are taken apart.
//!
//! When objects of meshed spans die, groups end up half full: too full to fit into each other as wholes. Their members are
//! small, though, and each can move by itself. A group whose members all find a place in other groups releases its page.
//!
//! The search is the mesher's: the members of the emptiest groups are candidates one by one, every other unit is a
//! candidate that is too heavy to move. Only groups of which every member found a place are then carried out.

use core::ops::{ControlFlow, Range};

use bitmap::SpanBits;
use globalheap::Report;
use heap::{Guard, PageHeap, Refused, SizeClass, SpanId};
use meshing::Candidate;
use miniheap::Spans;

use crate::commit::Outcome;
use crate::kept::Cycle;
use crate::mesh_heap::MeshHeap;
use crate::moves::{Move, Moves};
use crate::policy::MeshPolicy;
use crate::portion::Portion;
use crate::scratch::{Parts, Scratch};
use crate::tuning::{GROUPS_PER_HOLD, SCATTERED_MEMBERS, SCATTERED_SHARE};

/// Too heavy to move.
const HEAVY: u16 = u16::MAX;

impl<P: PageHeap, M: MeshPolicy, R: Report> MeshHeap<P, M, R> {
    /// Takes apart groups of one class; returns the pages that this released.
    pub(crate) fn scatter_class(
        &self,
        cycle: &mut Guard<'_, P::Lock, Cycle<M>>,
        class: SizeClass,
    ) -> usize {
        let mut released = 0;
        let mut portion = Portion::WHOLE;
        let mut outcome = ControlFlow::Continue(0);
        loop {
            let next = self.with_scattered(cycle, class, portion, |_, moves| {
                outcome = self.scatter_one(class, moves);
                let (ControlFlow::Continue(pages) | ControlFlow::Break(pages)) = outcome;
                released += pages;
                match outcome {
                    ControlFlow::Continue(_) => ControlFlow::Continue(()),
                    ControlFlow::Break(_) => ControlFlow::Break(()),
                }
            });
            match next {
                Some(from) if outcome.is_continue() => portion.from = from,
                _ => return released,
            }
        }
    }

    /// Takes one group apart as planned, under one hold of the lock. Returns as [`hold`](Self::hold).
    pub(crate) fn scatter_one(
        &self,
        class: SizeClass,
        moves: impl Iterator<Item = (SpanId, SpanId)> + Clone,
    ) -> ControlFlow<usize, usize> {
        self.hold(
            class,
            &mut core::iter::once(moves),
            |spans, moves| match self.scatter(spans, moves) {
                Some(Ok(())) => Outcome {
                    meshed: 1,
                    refused: 0,
                },
                Some(Err(Refused)) => Outcome {
                    meshed: 0,
                    refused: 1,
                },
                None => Outcome::default(),
            },
        )
    }

    /// Looks for groups in a portion of one class that can be taken apart, and passes on what would have to move for each, and
    /// where to. Returns where the next portion begins, if there is one.
    pub(crate) fn with_scattered(
        &self,
        cycle: &mut Guard<'_, P::Lock, Cycle<M>>,
        class: SizeClass,
        portion: Portion,
        mut act: impl FnMut(&mut Guard<'_, P::Lock, Cycle<M>>, Moves<'_>) -> ControlFlow<()>,
    ) -> Option<SpanId> {
        let slots = usize::from(self.below().geometry(class).slots);
        let (groups, physical) = {
            let spans = self.class(class);
            (spans.groups(), spans.physical_spans())
        };
        if groups < SCATTERED_SHARE || !self.barrier_suffices() {
            return None;
        }
        let most_units = portion.spans(physical, 1);
        let most_members = most_units.min(groups) / SCATTERED_SHARE * SCATTERED_MEMBERS as usize;
        let Some(mut scratch) = Scratch::new::<M>(self.pages(), most_units + most_members, slots)
        else {
            self.meshed.count(&self.meshed.refused, 1);
            return None;
        };
        let mut parts = scratch.parts();
        let room = &mut parts.candidates[..most_units];
        let copied = self.copy_units(class, portion.from, room, |_, unit| Some(unit));
        let units = set_sources_apart(&mut parts.candidates[..copied.len]);
        let all = self.put_members(class, &mut parts, units..copied.len);
        if all == units {
            return copied.next;
        }
        let found = self.search(cycle, slots, &mut parts, all);

        // What was found for each member: one more than the index of the unit it goes to.
        let (units, members) = parts.candidates[..all].split_at(units);
        let targets = &mut parts.words[..members.len()];
        targets.fill(0);
        for merge in &parts.merges[..found] {
            let member = (merge.join as usize).checked_sub(units.len());
            if let Some(target) = member.and_then(|member| targets.get_mut(member))
                && (merge.keep as usize) < units.len()
            {
                *target = merge.keep + 1;
            }
        }
        let (mut members, mut targets) = (members, &*targets);
        while let Some(first) = members.first() {
            // The members of one group stand together.
            let len = members.len().min(usize::from(first.weight.max(1)));
            let moves = Moves {
                units,
                members: &members[..len],
                targets: &targets[..len],
            };
            (members, targets) = (&members[len..], &targets[len..]);
            if moves.clone().count() == len && act(cycle, moves).is_break() {
                break;
            }
        }
        copied.next
    }

    /// Puts the members of groups into the place of the groups themselves, which are the candidates `sources`. Those of a group
    /// stand side by side, with their number as weight. Returns the number of candidates.
    fn put_members(&self, class: SizeClass, parts: &mut Parts<'_>, sources: Range<usize>) -> usize {
        let mut len = sources.start;
        let groups = &parts.candidates[sources];
        let names = &mut parts.words[..groups.len()];
        for (name, group) in names.iter_mut().zip(groups) {
            *name = group.tag;
        }
        for some in names.chunks(GROUPS_PER_HOLD) {
            let spans = self.class(class);
            for &group in some {
                let group = SpanId(group);
                // It may have gone, or grown.
                let is_there = |members: u32| (2..=SCATTERED_MEMBERS).contains(&members);
                if !spans
                    .listed_unit(group)
                    .is_some_and(|(.., members)| is_there(members))
                {
                    continue;
                }
                let members = || {
                    let ids = spans.members_with_objects(group);
                    ids.filter_map(|member| Some((member, spans.get(member)?)))
                };
                let count = members().count();
                let Some(places) = parts.candidates.get_mut(len..len + count) else {
                    return len;
                };
                for (place, (member, heap)) in places.iter_mut().zip(members()) {
                    *place = Candidate {
                        live: *heap.live(),
                        tag: member.0,
                        weight: count as u16,
                        is_host: false,
                    };
                }
                len += count;
            }
        }
        len
    }

    /// Moves all members of a group to other units, as planned; `None` when the plan does not fit any more.
    #[inline(never)]
    fn scatter(
        &self,
        spans: &mut Spans,
        plan: impl Iterator<Item = (SpanId, SpanId)> + Clone,
    ) -> Option<Result<(), Refused>> {
        let leader = spans.leader(plan.clone().next()?.0)?;
        if spans.is_pinned(leader) {
            return None;
        }
        // The plan names the members that have objects, all of them, and a place for each that still fits.
        let in_use = spans.members_with_objects(leader).count();
        let fits = |(member, keep): (SpanId, SpanId)| {
            spans.leader(member) == Some(leader)
                && keep != leader
                && spans.has_room_for(keep, member)
                && !self.is_named(spans, member)
                && !self.is_to_be_shared_and_named(spans, keep)
                && self.can_afford(self.mappings_to_share(spans, keep), in_use)
        };
        if plan.clone().count() != in_use || !plan.clone().all(fits) {
            return None;
        }
        let leader_moves = plan.clone().find(|&(member, _)| member == leader);
        let others = plan.filter(|&(member, _)| member != leader);
        // The leader goes last: a group that is not taken apart to its end keeps it.
        let mut moves = others.chain(leader_moves);
        let outcome = moves.try_for_each(|(member, keep)| self.move_out(spans, member, keep));
        spans.leave_if_drained(leader);
        Some(outcome)
    }

    /// Moves one member to the unit `keep`.
    fn move_out(&self, spans: &mut Spans, member: SpanId, keep: SpanId) -> Result<(), Refused> {
        if let Some(to_share) = self.sharing(spans, keep) {
            self.share_all(spans, &[Some(to_share)])?;
        }
        let from = spans.run(member).ok_or(Refused)?;
        let to = spans.home(keep).ok_or(Refused)?;
        let span = member;
        self.move_all(
            spans,
            &[Some(Move { span, from, to })],
            core::iter::once(keep),
        )
    }
}

/// Moves the groups to take apart, the emptiest that there are, behind the other units, which become too heavy to move; returns
/// the number of the latter.
fn set_sources_apart(units: &mut [Candidate]) -> usize {
    let is_group = |unit: &Candidate| unit.weight > 1 && unit.weight < HEAVY;
    let groups = units.iter().filter(|unit| is_group(unit)).count();
    let is_source = |unit: &Candidate| (2..=SCATTERED_MEMBERS).contains(&unit.weight.into());
    heap::sort_by_key(units, |unit| match is_source(unit) {
        true => SpanBits::BITS - unit.live.len(),
        false => 0,
    });
    let sources = units.iter().filter(|unit| is_source(unit)).count();
    let others = units.len() - sources.min(groups / SCATTERED_SHARE);
    for unit in &mut units[..others] {
        unit.weight = HEAVY;
    }
    others
}

#[cfg(test)]
mod tests {
    use bitmap::SpanBits;

    use super::*;

    #[test]
    fn the_emptiest_groups_are_taken_apart() {
        let unit = |tag: usize, members| Candidate {
            live: SpanBits::first(tag),
            tag: tag as u32,
            weight: members,
            is_host: false,
        };
        let members = [1, 9, HEAVY, 1].into_iter().chain([2; 16]);
        let units = (1..).zip(members);
        let mut units: Vec<_> = units.map(|(tag, members)| unit(tag, members)).collect();
        assert_eq!(set_sources_apart(&mut units), 18);
        assert!(units[..18].iter().all(|unit| unit.weight == HEAVY));
        assert_eq!(units[18..], [unit(6, 2), unit(5, 2)]);
        assert_eq!(set_sources_apart(&mut units[..3]), 3);
        assert_eq!(set_sources_apart(&mut []), 0);
    }
}
