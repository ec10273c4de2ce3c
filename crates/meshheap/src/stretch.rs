//! Neighbours are meshed onto neighbours at once: a system call for sixteen spans costs little more than one for a single
//! span.
//!
//! Spans that follow each other, and go to shared pages that follow each other, are a *stretch*: it is protected, opened and
//! remapped as a whole. Stretches are found in what is there when the mesh is carried out, so members of groups that
//! were meshed at once move at once.

use core::array;
use core::ops::Range;

use globalheap::Report;
use heap::{PageCount, PageHeap, Refused, Run, SpanId};
use miniheap::Spans;

use crate::commit::Outcome;
use crate::mesh_heap::MeshHeap;
use crate::moves::Move;
use crate::policy::MeshPolicy;
use crate::tuning::WIDEST;

/// The longest stretch, in spans.
const MOST: usize = WIDEST as usize;

/// A unit to keep, and one to join to it.
#[derive(Clone, Copy)]
struct Pair {
    keep: SpanId,
    join: SpanId,
}

/// What is to be done for each pair of a mesh.
pub(crate) type Each<T> = [Option<T>; MOST];

/// The stretches of `moves`.
pub(crate) fn stretches(moves: &Each<Move>) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    core::iter::from_fn(move || {
        let first = at + moves.get(at..)?.iter().position(Option::is_some)?;
        let follows = |pair: &&[Option<Move>]| match pair {
            [Some(this), Some(next)] => this.is_followed_by(next),
            _ => false,
        };
        at = first + 1 + moves[first..].windows(2).take_while(follows).count();
        Some(first..at)
    })
}

/// The spans of a stretch, and the shared pages that they go to.
pub(crate) fn whole(stretch: &[Option<Move>]) -> Option<(Run, Run)> {
    let first = stretch.first()?.as_ref()?;
    let pages = PageCount(first.from.pages.0 * stretch.len() as u32);
    let run = |first| Run { first, pages };
    Some((run(first.from.first), run(first.to)))
}

impl<P: PageHeap, M: MeshPolicy, R: Report> MeshHeap<P, M, R> {
    /// Meshes `units` neighbours, `join` and those behind it, onto as many others. Pairs that do not fit any more are passed
    /// over, and all of them when there are no mappings. On a refusal part of a pair may have moved.
    pub(crate) fn mesh_stretch(
        &self,
        spans: &mut Spans,
        keep: SpanId,
        join: SpanId,
        units: usize,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let mut pairs = self.fitting(spans, keep, join, units);
        if !self.can_afford_pairs(spans, &pairs) {
            return outcome;
        }
        let to_share = pairs.map(|pair| self.sharing(spans, pair?.keep));
        for stretch in stretches(&to_share) {
            self.in_parts(stretch, &mut pairs, &mut outcome, |part| {
                self.share_all(spans, to_share.get(part).unwrap_or_default())
            });
        }
        while pairs.iter().any(Option::is_some) {
            for pair in &mut pairs {
                if let Some(drained) = pair.take_if(|pair| spans.next_to_move(pair.join).is_none())
                {
                    spans.leave_if_drained(drained.join);
                    outcome.meshed += 1;
                }
            }
            let moves = pairs.map(|pair| {
                let Pair { keep, join } = pair?;
                let span = spans.next_to_move(join)?;
                let (from, to) = (spans.run(span)?, spans.home(keep)?);
                Some(Move { span, from, to })
            });
            for (pair, _) in pairs.iter_mut().zip(&moves).filter(|(_, at)| at.is_none()) {
                *pair = None;
            }
            for stretch in stretches(&moves) {
                let before = pairs;
                self.in_parts(stretch.clone(), &mut pairs, &mut outcome, |part| {
                    let (moves, pairs) = (&moves[part.clone()], &before[part]);
                    let keeps = pairs.iter().flatten().map(|pair| pair.keep);
                    self.move_all(spans, moves, keeps)
                });
                for at in stretch {
                    let moved = moves[at].map(|moved| moved.span);
                    if pairs[at].take_if(|pair| Some(pair.join) == moved).is_some() {
                        outcome.meshed += 1;
                    }
                }
            }
        }
        outcome
    }

    /// Takes `step` for a whole stretch, or for each of its parts where the whole is refused: it may lie across two
    /// pieces of the shared pages. Pairs for which that is refused too are given up.
    fn in_parts(
        &self,
        stretch: Range<usize>,
        pairs: &mut Each<Pair>,
        outcome: &mut Outcome,
        mut step: impl FnMut(Range<usize>) -> Result<(), Refused>,
    ) {
        // Each step may take mappings, and at the limit what is kept for steps that must not fail: then it was the last one.
        let mut step = |part| match self.pages().mappings_permit() {
            true => step(part),
            false => Err(Refused),
        };
        let is_single = stretch.len() == 1;
        if step(stretch.clone()).is_ok() {
            return;
        }
        for at in stretch {
            if is_single || step(at..at + 1).is_err() {
                pairs[at] = None;
                outcome.refused += 1;
            }
        }
    }

    /// The pairs that fit, and of which the kernel writes to none.
    #[inline(never)]
    fn fitting(&self, spans: &Spans, keep: SpanId, join: SpanId, units: usize) -> Each<Pair> {
        let first = |span| spans.run(span).map(|run| run.first.0);
        let pages = spans.geometry().pages.index() * units;
        let apart = match (first(keep), first(join)) {
            (Some(keep), Some(join)) => keep.abs_diff(join) >= pages,
            // Records may have changed hands since the search.
            _ => false,
        };
        let pair = |distance| {
            let keep = self.beside(spans, keep, distance)?;
            let join = self.beside(spans, join, distance)?;
            let fits = spans.can_mesh(keep, join) && !self.is_pair_named(spans, keep, join);
            fits.then_some(Pair { keep, join })
        };
        array::from_fn(|at| (apart && at < units).then(|| pair(at as isize)).flatten())
    }

    /// How `unit` is put onto the shared pages that it names itself; `None` when it is on some.
    pub(crate) fn sharing(&self, spans: &Spans, unit: SpanId) -> Option<Move> {
        spans.get(unit).filter(|heap| heap.group().is_none())?;
        let from = spans.run(unit)?;
        let to = from.first;
        let span = unit;
        Some(Move { span, from, to })
    }

    /// Whether there are mappings for all `pairs`.
    #[inline(never)]
    fn can_afford_pairs(&self, spans: &Spans, pairs: &Each<Pair>) -> bool {
        let keeps = pairs.map(|pair| self.sharing(spans, pair?.keep));
        let target = |unit| match spans.home(unit) {
            None => spans.run(unit).map(|run| run.first),
            home => home,
        };
        let joins = pairs.map(|pair| {
            let Pair { keep, join } = pair?;
            let (from, to) = (spans.run(join)?, target(keep)?);
            let span = join;
            Some(Move { span, from, to })
        });
        let (mut needed, mut moved) = (0, 0);
        for stretch in stretches(&keeps) {
            needed +=
                whole(&keeps[stretch]).map_or(0, |(run, _)| self.pages().mappings_to_share(run));
        }
        for stretch in stretches(&joins) {
            let stretch = &joins[stretch];
            // The count for a run looks at its first page only: one that is shared in part is rare, and counted span by span.
            let members = |at: &Option<Move>| at.map_or(0, |at| spans.shared_members(at.span));
            let most = stretch.iter().map(members).max().unwrap_or(0);
            let least = stretch.iter().map(members).min().unwrap_or(0);
            needed += match (least, most) {
                (0, 0) => whole(stretch).map_or(0, |(run, _)| self.pages().mappings_to_share(run)),
                (0, _) => 2 * stretch.len(),
                _ => 0,
            };
            moved += most;
        }
        self.can_afford(needed, moved)
    }

    /// Puts private units that follow each other onto the shared pages that they name, with their content: each is a group of
    /// one then. All or none.
    pub(crate) fn share_all(
        &self,
        spans: &mut Spans,
        units: &[Option<Move>],
    ) -> Result<(), Refused> {
        let (run, _) = whole(units).ok_or(Refused)?;
        let groups: Each<_> =
            array::from_fn(|at| (at < units.len()).then(|| spans.reserve_group(self.pages()))?);
        let reserved = groups.iter().flatten().count() == units.len();
        let shared = match reserved {
            true => self.share_run(run),
            false => Err(Refused),
        };
        for (group, unit) in groups.into_iter().zip(units) {
            match (group, unit, shared) {
                (Some(group), Some(unit), Ok(())) => spans.lead(unit.span, group),
                (Some(group), _, _) => spans.unreserve_group(group),
                _ => {}
            }
        }
        shared
    }

    /// Puts members that follow each other onto the shared pages of `keeps`. All or none.
    #[inline(never)]
    pub(crate) fn move_all(
        &self,
        spans: &mut Spans,
        members: &[Option<Move>],
        keeps: impl Iterator<Item = SpanId>,
    ) -> Result<(), Refused> {
        let (run, shared) = whole(members).ok_or(Refused)?;
        self.pages().open_shared(shared)?;
        self.keep_out(run)?;
        for member in members.iter().flatten() {
            self.copy_objects(spans, member);
        }
        // SAFETY: the shared pages hold the members' objects since the lines above, and they are protected until now.
        let moved = unsafe { self.pages().alias(run, shared.first) };
        if moved.is_err() {
            self.pages().unprotect(run);
            return moved;
        }
        for (member, keep) in members.iter().flatten().zip(keeps) {
            self.transfer_member(spans, member, keep);
        }
        Ok(())
    }
}
