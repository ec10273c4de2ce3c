//! Which calls are refused.

use core::ops::Range;
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard};

/// Numbers the calls that may be refused, from zero.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<Turns>);

#[derive(Default)]
struct Turns {
    calls: u64,
    refused: Range<u64>,
    /// The names of the calls that were refused.
    names: BTreeSet<&'static str>,
}

impl Refusals {
    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.0.lock().expect("nobody panics under this lock")
    }

    /// Refuses the calls with these numbers, counted from now.
    pub(crate) fn refuse(&self, turns: Range<u64>) {
        let state = &mut *self.turns();
        (state.calls, state.refused) = (0, turns);
    }

    /// How many calls there were since [`refuse`](Self::refuse), or since the start.
    pub(crate) fn calls(&self) -> u64 {
        self.turns().calls
    }

    /// The names of the calls that were refused at any time.
    pub(crate) fn names(&self) -> BTreeSet<&'static str> {
        self.turns().names.clone()
    }

    /// Whether the call that asks is granted.
    pub(super) fn grant(&self, name: &'static str) -> bool {
        let state = &mut *self.turns();
        let refused = state.refused.contains(&state.calls);
        state.calls += 1;
        if refused {
            state.names.insert(name);
        }
        !refused
    }
}
