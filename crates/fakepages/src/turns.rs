//! One script, run once for each call that the system may refuse.

use core::ops::Range;
use std::collections::BTreeSet;

/// What came of a run of a script.
pub struct Outcome {
    /// How many calls there were that may be refused.
    pub calls: u64,
    /// The names of those that were.
    pub refused: BTreeSet<&'static str>,
}

/// Has `run` run its script with `turns` refused, from each turn on that there is; returns the names of what was refused.
pub fn every_turn(
    run: impl Fn(Range<u64>) -> Outcome,
    turns: impl Fn(u64) -> Range<u64>,
) -> BTreeSet<&'static str> {
    let mut refused = BTreeSet::new();
    for first in 0.. {
        // With a call refused the script takes another course, and may make more calls than before.
        let outcome = run(turns(first));
        refused.extend(outcome.refused);
        if outcome.calls <= first {
            break;
        }
    }
    refused
}
