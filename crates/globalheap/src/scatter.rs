//! Groups that have thinned out are taken apart.
//!
//! When objects of meshed spans die, groups end up half full: too full to fit into each other as wholes. Their members are
//! small, though, and each can move by itself. A group whose members all find a place in other groups releases its page.
//!
//! The search is the mesher's: the members of the emptiest groups are candidates one by one, every other unit is a
//! candidate that is too heavy to move. Only groups of which every member found a place are then carried out.

use core::ops::ControlFlow;

use heap::{Guard, PageHeap, Refused, SizeClass, SpanId};
use meshing::Candidate;
use miniheap::{SpanClasses, Spans};

use crate::commit::Outcome;
use crate::cycle::{Cycle, whole};
use crate::global::GlobalHeap;
use crate::policy::MeshPolicy;
use crate::report::Report;
use crate::scratch::Scratch;
use crate::stretch::Move;
use crate::tuning::{CANDIDATES, SCATTERED_MEMBERS, SCATTERED_SHARE};

/// What moves when one group is taken apart: each member with objects, and the unit that it goes to. It ends early when no
/// place was found for a member.
#[derive(Clone)]
pub(crate) struct Moves<'s> {
    candidates: &'s [Candidate],
    /// One more than the index of the candidate that each member goes to.
    targets: &'s [u32],
    next: usize,
    end: usize,
}

impl Iterator for Moves<'_> {
    type Item = (SpanId, SpanId);

    fn next(&mut self) -> Option<Self::Item> {
        let index = (self.next < self.end).then_some(self.next)?;
        self.next += 1;
        let target = self.targets.get(index)?.checked_sub(1)?;
        let unit = self.candidates.get(target as usize)?;
        Some((SpanId(self.candidates.get(index)?.tag), SpanId(unit.tag)))
    }
}

/// Too heavy to move.
const HEAVY: u16 = u16::MAX;

impl<P: PageHeap, M: MeshPolicy, R: Report> GlobalHeap<P, M, R> {
    /// Takes apart groups of one class; returns the pages that this released.
    pub(crate) fn scatter_class(
        &self,
        cycle: &mut Guard<'_, P::Lock, Cycle<M>>,
        class: SizeClass,
    ) -> usize {
        let mut released = 0;
        self.with_scattered(cycle, class, |_, moves| {
            let outcome = self.scatter_one(class, moves);
            let (ControlFlow::Continue(pages) | ControlFlow::Break(pages)) = outcome;
            released += pages;
            match outcome {
                ControlFlow::Continue(_) => ControlFlow::Continue(()),
                ControlFlow::Break(_) => ControlFlow::Break(()),
            }
        });
        released
    }

    /// Takes one group apart as planned, under one hold of the lock. Returns as [`hold`](Self::hold).
    pub(crate) fn scatter_one(
        &self,
        class: SizeClass,
        moves: impl Iterator<Item = (SpanId, SpanId)> + Clone,
    ) -> ControlFlow<usize, usize> {
        self.hold(class, core::iter::once(moves), |spans, moves| {
            match self.scatter(spans, moves) {
                Some(Ok(())) => Outcome {
                    meshed: 1,
                    refused: 0,
                },
                Some(Err(Refused)) => Outcome {
                    meshed: 0,
                    refused: 1,
                },
                None => Outcome::default(),
            }
        })
    }

    /// Looks for groups of one class that can be taken apart, and passes on what would have to move for each, and where to.
    pub(crate) fn with_scattered(
        &self,
        cycle: &mut Guard<'_, P::Lock, Cycle<M>>,
        class: SizeClass,
        mut act: impl FnMut(&mut Guard<'_, P::Lock, Cycle<M>>, Moves<'_>) -> ControlFlow<()>,
    ) {
        let slots = usize::from(SpanClasses::geometry(class).slots);
        let (groups, units) = {
            let spans = self.class(class);
            (spans.groups(), spans.physical_spans().min(CANDIDATES))
        };
        let most_sources = groups / SCATTERED_SHARE;
        if most_sources == 0 || !self.may_mesh_class(class) {
            return;
        }
        let expected = units + most_sources * SCATTERED_MEMBERS as usize;
        let Some(mut scratch) = Scratch::new::<M>(&self.pages, expected, slots) else {
            self.meshed.count(&self.meshed.refused, 1);
            return;
        };
        let mut parts = scratch.parts();
        let (members, candidates) =
            choose_sources(&self.class(class), most_sources, parts.candidates);
        if members == 0 {
            return;
        }
        let found = self.search(cycle, slots, &mut parts, candidates);

        // What was found for each member: one more than the index of the unit it goes to.
        let (candidates, targets) = (&parts.candidates[..candidates], &mut parts.words[..members]);
        targets.fill(0);
        for merge in &parts.merges[..found] {
            if merge.keep as usize >= members
                && let Some(target) = targets.get_mut(merge.join as usize)
            {
                *target = merge.keep + 1;
            }
        }
        let mut next = 0;
        while next < members {
            // The members of one group stand together.
            let first = next;
            next = members.min(next + usize::from(candidates[first].weight.max(1)));
            let moves = Moves {
                candidates,
                targets,
                next: first,
                end: next,
            };
            let is_whole = moves.clone().count() == next - first;
            if is_whole && act(cycle, moves).is_break() {
                return;
            }
        }
    }

    /// Moves all members of a group to other units, as planned; `None` when the plan does not fit any more.
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

/// Writes candidates: first the members of the emptiest groups, those of a group side by side and with their number as
/// weight, then all other units. Returns the number of the former, and of all.
fn choose_sources(spans: &Spans, most: usize, candidates: &mut [Candidate]) -> (usize, usize) {
    let (mut len, mut sources) = (0, 0);
    let is_source = |members: u32| (2..=SCATTERED_MEMBERS).contains(&members);
    let mut put = |len: &mut usize, candidate: Candidate| {
        if let Some(place) = candidates.get_mut(*len) {
            *place = candidate;
            *len += 1;
        }
    };
    for (unit, _, members) in spans.units() {
        if sources == most {
            break;
        }
        if !is_source(members) {
            continue;
        }
        sources += 1;
        let with_objects = || spans.members_with_objects(unit);
        let count = u16::try_from(with_objects().count()).unwrap_or(HEAVY);
        for member in with_objects() {
            if let Some(heap) = spans.get(member) {
                put(
                    &mut len,
                    Candidate {
                        live: *heap.live(),
                        tag: member.0,
                        weight: count,
                    },
                );
            }
        }
    }
    let members = len;
    let mut passed = 0;
    for (unit, live, count) in spans.units() {
        if is_source(count) && passed < sources {
            passed += 1;
            continue;
        }
        put(
            &mut len,
            Candidate {
                weight: HEAVY,
                ..whole(unit, live, count)
            },
        );
    }
    (members, len)
}
