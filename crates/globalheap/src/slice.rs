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

use core::ops::ControlFlow;

use heap::{Guard, PageHeap, SizeClass, SpanId};

use miniheap::SpanClasses;

use crate::cycle::Cycle;
use crate::global::GlobalHeap;
use crate::policy::MeshPolicy;
use crate::portion::Portion;
use crate::report::Report;
use crate::scatter::Moves;
use crate::tuning::{CANDIDATES_PER_SLICE, MESHES_PER_HOLD, PAIRS_KEPT};
use crate::width::{Mappings, Width};

/// Behind the last move of a group.
const GROUP_END: (SpanId, SpanId) = (SpanId(u32::MAX), SpanId(u32::MAX));

/// The first record of a class.
const START: Option<SpanId> = Some(SpanId(0));

// A search finds at most as many pairs as it has candidates.
const _: () = assert!(CANDIDATES_PER_SLICE <= PAIRS_KEPT);

/// How far a cycle in slices has come.
pub(crate) struct Progress {
    stage: Stage,
    /// How it goes about mappings.
    mappings: Mappings,
    /// Pages released so far.
    released: usize,
    /// What the next search of the class begins with; `None` after the last.
    next: Option<SpanId>,
    /// What the last search found, and how much of it was carried out: pairs to mesh, or moves, with `GROUP_END` behind
    /// those of each group.
    pairs: [(SpanId, SpanId); PAIRS_KEPT],
    found: usize,
    done: usize,
}

/// What comes next. Numbers count the meshed classes.
#[derive(Clone, Copy)]
enum Stage {
    Idle,
    /// Leftovers of a class go home.
    Leftovers(usize),
    /// Spans of a class are meshed, in runs of a width.
    Meshes(Width, usize),
    /// Groups of a class are taken apart.
    Groups(Width, usize),
    /// Leftovers again: meshes leave leaders behind, with the pages that they have released.
    Ending(usize),
}

impl Progress {
    pub(crate) const fn new() -> Self {
        Self {
            stage: Stage::Idle,
            mappings: Mappings::Plenty,
            released: 0,
            next: START,
            pairs: [(SpanId(0), SpanId(0)); PAIRS_KEPT],
            found: 0,
            done: 0,
        }
    }

    /// No cycle is under way.
    pub(crate) fn reset(&mut self) {
        self.stage = Stage::Idle;
        self.mappings = Mappings::Plenty;
        self.released = 0;
        self.end_class();
    }

    /// Whether the cycle holds mappings back.
    pub(crate) fn is_held(&self) -> bool {
        self.mappings == Mappings::Held
    }

    /// Whether all that was found was carried out.
    fn is_done(&self) -> bool {
        self.done == self.found
    }

    /// What the next search of the class is to look at; `None` after the last, and then the next class begins at its start.
    fn next_portion(&mut self) -> Option<Portion> {
        (self.found, self.done) = (0, 0);
        let Some(from) = self.next.take() else {
            self.end_class();
            return None;
        };
        let most = CANDIDATES_PER_SLICE;
        Some(Portion { from, most })
    }

    /// Nothing more is to be done in a class.
    fn end_class(&mut self) {
        (self.found, self.done, self.next) = (0, 0, START);
    }

    /// Keeps the moves of one group, if there is room for them.
    fn keep(&mut self, moves: Moves<'_>) -> ControlFlow<()> {
        let end = self.found + moves.clone().count();
        let Some((last, places)) = self
            .pairs
            .get_mut(self.found..=end)
            .and_then(<[_]>::split_last_mut)
        else {
            return ControlFlow::Break(());
        };
        for (place, pair) in places.iter_mut().zip(moves) {
            *place = pair;
        }
        *last = GROUP_END;
        self.found = end + 1;
        ControlFlow::Continue(())
    }

    /// Notes what came of everything before `end`; says whether there may be more to do.
    fn carried_out(&mut self, end: usize, outcome: ControlFlow<usize, usize>) -> bool {
        let (ControlFlow::Continue(pages) | ControlFlow::Break(pages)) = outcome;
        self.done = end.min(self.found);
        self.released += pages;
        if outcome.is_break() {
            self.end_class();
        }
        outcome.is_continue()
    }
}

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

impl<P: PageHeap, M: MeshPolicy, R: Report> GlobalHeap<P, M, R> {
    /// Goes on with the cycle under way, or begins one, for about so many nanoseconds.
    pub(crate) fn mesh_slice(&self, nanoseconds: u64) -> Slice {
        let Some(mut cycle) = self.cycle.try_lock() else {
            return Slice::Busy;
        };
        if !self.may_mesh() {
            cycle.progress.reset();
            self.pages.close_shared();
            return Slice::Ended(0);
        }
        let deadline = self.pages.clock_ns().saturating_add(nanoseconds);
        loop {
            self.step(&mut cycle);
            if matches!(cycle.progress.stage, Stage::Idle) {
                self.pages.close_shared();
                let released = cycle.progress.released;
                let held_back = cycle.progress.is_held();
                cycle.progress.reset();
                return match held_back {
                    true => Slice::HeldBack,
                    false => Slice::Ended(released * P::PAGE_SIZE),
                };
            }
            if self.pages.clock_ns() >= deadline {
                return Slice::Unfinished;
            }
        }
    }

    /// The smallest piece of work: one search, or what is done under one hold of a lock.
    fn step(&self, cycle: &mut Guard<'_, P::Lock, Cycle<M>>) {
        let class_at = |number| Self::meshed_classes().nth(number);
        cycle.progress.stage = match cycle.progress.stage {
            Stage::Idle => {
                self.meshed.count(&self.meshed.cycles, 1);
                for class in Self::meshed_classes() {
                    self.class(class).take_up_again();
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
                Some(_) if width.is_single() => Stage::Groups(width, number),
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
            cycle.progress.next = next;
            return true;
        }
        let units = width.units(SpanClasses::geometry(class)).unwrap_or(1);
        let end = progress
            .found
            .min(progress.done + MESHES_PER_HOLD.div_ceil(units));
        let pairs = progress.pairs[progress.done..end].iter().copied();
        let outcome = self.commit(class, pairs, units);
        progress.carried_out(end, outcome)
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
            cycle.progress.next = self.with_scattered(cycle, class, portion, keep);
            return true;
        }
        let left = &progress.pairs[progress.done..progress.found];
        let len = left.iter().take_while(|&&pair| pair != GROUP_END).count();
        let moves = left[..len].iter().copied();
        let outcome = self.scatter_one(class, moves);
        progress.carried_out(progress.done + len + 1, outcome)
    }
}
