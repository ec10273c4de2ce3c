//! A mesh cycle in slices.
//!
//! A thread that comes by a slow path wants to go on: it works on the cycle for a moment, and leaves the rest to whoever
//! comes next. What was searched for is kept, and each pair is looked at again before it is meshed, so a pause between
//! search and mesh does not matter. Between two slices nothing is protected, and no lock is held.
//!
//! ```text
//!  Idle → Leftovers → Meshes(0) → Groups(0) → Meshes(1) → … → Groups(last) → Ending → Idle
//! ```
//!
//! All classes are gone through once for each [`Width`].

use globalheap::Report;
use heap::{Guard, PageHeap, SizeClass};

use crate::kept::Cycle;
use crate::mesh_heap::MeshHeap;
use crate::moves::Moves;
use crate::policy::MeshPolicy;
use crate::progress::{GROUP_END, Stage};
use crate::tuning::MESHES_PER_HOLD;
use crate::width::Width;

/// What came of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slice {
    /// Another thread is at it, or a fork.
    Busy,
    /// There is more to do.
    Unfinished,
    /// The cycle has ended, and has released so many bytes.
    Ended(usize),
    /// The cycle has ended, and has held back what it could have done: the program frees much.
    HeldBack,
}

impl<P: PageHeap, M: MeshPolicy, R: Report> MeshHeap<P, M, R> {
    /// Goes on with the cycle under way, or begins one, for about so many nanoseconds.
    #[inline(never)]
    pub(crate) fn mesh_slice(&self, nanoseconds: u64) -> Slice {
        let Some(mut cycle) = self.cycle.try_lock() else {
            return Slice::Busy;
        };
        if !self.may_mesh() {
            cycle.progress.reset();
            self.pages().close_shared();
            return Slice::Ended(0);
        }
        let deadline = self.pages().clock_ns().saturating_add(nanoseconds);
        loop {
            self.step(&mut cycle);
            if matches!(cycle.progress.stage, Stage::Idle) {
                self.pages().close_shared();
                let released = cycle.progress.released;
                let held_back = cycle.progress.is_held();
                cycle.progress.reset();
                return match held_back {
                    true => Slice::HeldBack,
                    false => Slice::Ended(released * P::PAGE_SIZE),
                };
            }
            if self.pages().clock_ns() >= deadline {
                return Slice::Unfinished;
            }
        }
    }

    /// The smallest piece of work: one search, or what is done under one hold of a lock.
    fn step(&self, cycle: &mut Guard<'_, P::Lock, Cycle<M>>) {
        let class_at = |number| self.meshed_classes().nth(number);
        cycle.progress.stage = match cycle.progress.stage {
            Stage::Idle => {
                self.meshed.count(&self.meshed.cycles, 1);
                let now = self.pages().clock_ms();
                for class in self.used_meshed_classes() {
                    let mut spans = self.class(class);
                    spans.take_up_again();
                    let (turnover, in_use) = (spans.turnover(), spans.spans());
                    drop(spans);
                    cycle.lasting.look(class, now, turnover, in_use);
                }
                Stage::Leftovers(0)
            }
            Stage::Leftovers(number) => match class_at(number) {
                Some(class) if self.dissolve_some(cycle, class) => Stage::Leftovers(number),
                Some(_) => Stage::Leftovers(number + 1),
                None => {
                    cycle.progress.mappings = self.mappings(cycle, true);
                    Stage::Meshes(Width::first(cycle.progress.mappings, false), 0)
                }
            },
            Stage::Meshes(width, number) => match class_at(number) {
                Some(class) if self.mesh_some(cycle, class, width) => Stage::Meshes(width, number),
                Some(_) if width == Width::Single => Stage::Groups(width, number),
                Some(_) => Stage::Meshes(width, number + 1),
                None => match width.next(cycle.progress.mappings) {
                    Some(next) => Stage::Meshes(next, 0),
                    None => Stage::Ending(0),
                },
            },
            Stage::Groups(width, number) => match class_at(number) {
                Some(class) if self.scatter_some(cycle, class) => Stage::Groups(width, number),
                _ => Stage::Meshes(width, number + 1),
            },
            Stage::Ending(number) => match class_at(number) {
                Some(class) if self.dissolve_some(cycle, class) => Stage::Ending(number),
                Some(_) => Stage::Ending(number + 1),
                None => Stage::Idle,
            },
        };
    }

    /// Searches in a class, or carries out some of what was found. Says whether there is more to do there.
    fn mesh_some(
        &self,
        cycle: &mut Guard<'_, P::Lock, Cycle<M>>,
        class: SizeClass,
        width: Width,
    ) -> bool {
        let progress = &mut cycle.progress;
        if progress.is_done() {
            let Some(portion) = progress.next_portion() else {
                return false;
            };
            let next = self.with_found(cycle, class, width, portion, |cycle, pairs| {
                let progress = &mut cycle.progress;
                for (place, pair) in progress.pairs.iter_mut().zip(pairs) {
                    *place = pair;
                    progress.found += 1;
                }
            });
            cycle.progress.go_on_from(next);
            return true;
        }
        let units = width.units(self.below().geometry(class)).unwrap_or(1);
        let end = progress
            .found
            .min(progress.done + MESHES_PER_HOLD.div_ceil(units));
        let mut pairs = progress.pairs[progress.done..end].iter().copied();
        let outcome = self.commit(class, &mut pairs, width);
        let left = pairs.len();
        progress.carried_out(end - left, outcome)
    }

    /// Looks for groups to take apart in a class, or takes one apart. Says whether there is more to do there.
    fn scatter_some(&self, cycle: &mut Guard<'_, P::Lock, Cycle<M>>, class: SizeClass) -> bool {
        let progress = &mut cycle.progress;
        if progress.is_done() {
            let Some(portion) = progress.next_portion() else {
                return false;
            };
            let keep = |cycle: &mut Guard<'_, P::Lock, Cycle<M>>, moves: Moves<'_>| {
                cycle.progress.keep(moves)
            };
            let next = self.with_scattered(cycle, class, portion, keep);
            cycle.progress.go_on_from(next);
            return true;
        }
        let left = &progress.pairs[progress.done..progress.found];
        let len = left.iter().take_while(|&&pair| pair != GROUP_END).count();
        let moves = left[..len].iter().copied();
        let outcome = self.scatter_one(class, moves);
        progress.carried_out(progress.done + len + 1, outcome)
    }
}
