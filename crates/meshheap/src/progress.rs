//! How far a cycle in slices has come.

use core::ops::ControlFlow;

use heap::SpanId;

use crate::moves::Moves;
use crate::portion::Portion;
use crate::tuning::{CANDIDATES_PER_SLICE, PAIRS_KEPT};
use crate::width::{Mappings, Width};

/// Behind the last move of a group.
pub(crate) const GROUP_END: (SpanId, SpanId) = (SpanId(u32::MAX), SpanId(u32::MAX));

/// The first record of a class.
const START: SpanId = SpanId(0);

// A search finds at most as many pairs as it has candidates.
const _: () = assert!(CANDIDATES_PER_SLICE <= PAIRS_KEPT);

/// How far a cycle in slices has come.
pub(crate) struct Progress {
    pub(crate) stage: Stage,
    /// How it goes about mappings.
    pub(crate) mappings: Mappings,
    /// Pages released so far.
    pub(crate) released: usize,
    /// What the next search of the class begins with, unless the last [is over](Self::is_over).
    next: SpanId,
    is_over: bool,
    /// What the last search found, and how much of it was carried out: pairs to mesh, or moves, with `GROUP_END` behind
    /// those of each group.
    pub(crate) pairs: [(SpanId, SpanId); PAIRS_KEPT],
    pub(crate) found: usize,
    pub(crate) done: usize,
}

/// What comes next. Numbers count the meshed classes.
#[derive(Clone, Copy)]
pub(crate) enum Stage {
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
            is_over: false,
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
    pub(crate) fn is_done(&self) -> bool {
        self.done == self.found
    }

    /// What the next search of the class is to look at; `None` after the last, and then the next class begins at its start.
    pub(crate) fn next_portion(&mut self) -> Option<Portion> {
        (self.found, self.done) = (0, 0);
        if self.is_over {
            self.end_class();
            return None;
        }
        self.is_over = true;
        let from = self.next;
        let most = CANDIDATES_PER_SLICE;
        Some(Portion { from, most })
    }

    /// The next search of the class begins with `next`, if there is one.
    pub(crate) fn go_on_from(&mut self, next: Option<SpanId>) {
        self.is_over = next.is_none();
        self.next = next.unwrap_or(START);
    }

    /// Nothing more is to be done in a class.
    fn end_class(&mut self) {
        (self.found, self.done) = (0, 0);
        self.go_on_from(Some(START));
    }

    /// Keeps the moves of one group, if there is room for them.
    pub(crate) fn keep(&mut self, moves: Moves<'_>) -> ControlFlow<()> {
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
    pub(crate) fn carried_out(&mut self, end: usize, outcome: ControlFlow<usize, usize>) -> bool {
        let (ControlFlow::Continue(pages) | ControlFlow::Break(pages)) = outcome;
        self.done = end.min(self.found);
        self.released += pages;
        if outcome.is_break() {
            self.end_class();
        }
        outcome.is_continue()
    }
}
