//! Which calls are refused.

use core::ops::Range;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

/// Numbers the calls that may be refused, from zero.
#[derive(Default)]
pub struct Refusals(Mutex<Turns>);

#[derive(Default)]
struct Turns {
    calls: u64,
    refused: Range<u64>,
    /// The name of calls that are all refused.
    refused_name: Option<&'static str>,
    /// Calls by name.
    by_name: BTreeMap<&'static str, u64>,
    /// The names of the calls that were refused.
    names: BTreeSet<&'static str>,
}

impl Refusals {
    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.0.lock().expect("nobody panics under this lock")
    }

    /// Refuses the calls with these numbers, counted from now.
    pub fn refuse(&self, turns: Range<u64>) {
        let state = &mut *self.turns();
        (state.calls, state.refused) = (0, turns);
    }

    /// Refuses all calls with this name, if one is given.
    pub fn refuse_named(&self, name: Option<&'static str>) {
        self.turns().refused_name = name;
    }

    /// How many calls with this name there ever were.
    pub fn calls_named(&self, name: &'static str) -> u64 {
        self.turns().by_name.get(name).copied().unwrap_or(0)
    }

    /// How many calls there were since [`refuse`](Self::refuse), or since the start.
    pub fn calls(&self) -> u64 {
        self.turns().calls
    }

    /// The names of the calls that were refused at any time.
    pub fn names(&self) -> BTreeSet<&'static str> {
        self.turns().names.clone()
    }

    /// Whether the call that asks is granted.
    pub(crate) fn grant(&self, name: &'static str) -> bool {
        let state = &mut *self.turns();
        let refused = state.refused.contains(&state.calls) || state.refused_name == Some(name);
        state.calls += 1;
        *state.by_name.entry(name).or_default() += 1;
        if refused {
            state.names.insert(name);
        }
        !refused
    }
}
