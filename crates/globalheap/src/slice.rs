//! A mesh cycle in slices.
//!
//! A thread that comes by a slow path wants to go on: it works on the cycle for a moment, and leaves the rest to whoever
//! comes next. What was searched for is kept, and each pair is looked at again before it is meshed, so a pause between
//! search and mesh does not matter. Between two slices nothing is protected, and no lock is held.
//!
//! ```text
//!  Idle → Leftovers → Meshes(0) → Groups(0) → Meshes(1) → … → Groups(last) → Ending → Idle
//! ```

use core::ops::ControlFlow;

use heap::{Guard, PageHeap, SizeClass, SpanId};

use crate::cycle::Cycle;
use crate::global::GlobalHeap;
use crate::policy::MeshPolicy;
use crate::report::Report;
use crate::tuning::{MESHES_PER_HOLD, PAIRS_KEPT};

/// How far a cycle in slices has come.
pub(crate) struct Progress {
    stage: Stage,
    /// Pages released so far.
    released: usize,
    /// What the last search found, and how much of it was carried out.
    pairs: [(SpanId, SpanId); PAIRS_KEPT],
    found: usize,
    done: usize,
    /// Pages that these pairs have released.
    by_pairs: usize,
}

/// What comes next. Numbers count the meshed classes.
#[derive(Clone, Copy)]
enum Stage {
    Idle,
    /// Leftovers of a class go home.
    Leftovers(usize),
    /// Spans of a class are meshed.
    Meshes(usize),
    /// Groups of a class are taken apart.
    Groups(usize),
    /// Leftovers again: meshes leave leaders behind, with the pages that they have released.
    Ending(usize),
}

impl Progress {
    pub(crate) const fn new() -> Self {
        Self {
            stage: Stage::Idle,
            released: 0,
            pairs: [(SpanId(0), SpanId(0)); PAIRS_KEPT],
            found: 0,
            done: 0,
            by_pairs: 0,
        }
    }

    /// No cycle is under way.
    pub(crate) fn reset(&mut self) {
        self.stage = Stage::Idle;
        self.released = 0;
        self.forget_pairs();
    }

    fn forget_pairs(&mut self) {
        (self.found, self.done, self.by_pairs) = (0, 0, 0);
    }

    /// Whether the last search may have found more than is kept, and was of use.
    fn search_again(&self) -> bool {
        self.found == PAIRS_KEPT && self.by_pairs > 0
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
}

impl<P: PageHeap, M: MeshPolicy, R: Report> GlobalHeap<P, M, R> {
    /// Goes on with the cycle under way, or begins one, for about so many nanoseconds.
    pub(crate) fn mesh_slice(&self, nanoseconds: u64) -> Slice {
        let Some(mut cycle) = self.cycle.try_lock() else {
            return Slice::Busy;
        };
        if !self.may_mesh() {
            cycle.progress.reset();
            return Slice::Ended(0);
        }
        let deadline = self.pages.clock_ns().saturating_add(nanoseconds);
        loop {
            self.step(&mut cycle, deadline);
            if matches!(cycle.progress.stage, Stage::Idle) {
                self.pages.close_shared();
                let released = cycle.progress.released;
                cycle.progress.reset();
                return Slice::Ended(released * P::PAGE_SIZE);
            }
            if self.pages.clock_ns() >= deadline {
                self.pages.close_shared();
                return Slice::Unfinished;
            }
        }
    }

    /// The smallest piece of work: one search, or what is done under one hold of a lock.
    fn step(&self, cycle: &mut Guard<'_, P::Lock, Cycle<M>>, deadline: u64) {
        let class_at = |number| Self::meshed_classes().nth(number);
        cycle.progress.stage = match cycle.progress.stage {
            Stage::Idle => {
                self.meshed.count(&self.meshed.cycles, 1);
                Stage::Leftovers(0)
            }
            Stage::Leftovers(number) => match class_at(number) {
                Some(class) if self.dissolve_some(cycle, class) => Stage::Leftovers(number),
                Some(_) => Stage::Leftovers(number + 1),
                None => Stage::Meshes(0),
            },
            Stage::Meshes(number) => match class_at(number) {
                Some(class) if self.mesh_some(cycle, class) => Stage::Meshes(number),
                Some(_) => Stage::Groups(number),
                None => Stage::Ending(0),
            },
            Stage::Groups(number) => {
                let unfinished = class_at(number).is_some_and(|class| {
                    let scattered = self.scatter_class(cycle, class, deadline);
                    cycle.progress.released += scattered.released;
                    scattered.unfinished
                });
                if unfinished {
                    Stage::Groups(number)
                } else {
                    Stage::Meshes(number + 1)
                }
            }
            Stage::Ending(number) => match class_at(number) {
                Some(class) if self.dissolve_some(cycle, class) => Stage::Ending(number),
                Some(_) => Stage::Ending(number + 1),
                None => Stage::Idle,
            },
        };
    }

    /// Searches in a class, or carries out some of what was found. Says whether there is more to do there.
    fn mesh_some(&self, cycle: &mut Guard<'_, P::Lock, Cycle<M>>, class: SizeClass) -> bool {
        let progress = &mut cycle.progress;
        if progress.done == progress.found {
            let (first, again) = (progress.found == 0, progress.search_again());
            progress.forget_pairs();
            if !first && !again {
                return false;
            }
            self.with_found(cycle, class, |cycle, pairs| {
                let progress = &mut cycle.progress;
                for (place, pair) in progress.pairs.iter_mut().zip(pairs) {
                    *place = pair;
                    progress.found += 1;
                }
            });
            return cycle.progress.found > 0;
        }
        let end = progress.found.min(progress.done + MESHES_PER_HOLD);
        let pairs = progress.pairs[progress.done..end].iter().copied();
        let (pages, exhausted) = match self.commit(class, pairs) {
            ControlFlow::Continue(pages) => (pages, false),
            ControlFlow::Break(pages) => (pages, true),
        };
        progress.done = end;
        progress.by_pairs += pages;
        progress.released += pages;
        if exhausted {
            progress.forget_pairs();
        }
        !exhausted
    }
}
