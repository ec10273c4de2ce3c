//! One script, run once for each call that the system may refuse.

use core::ops::Range;
use std::collections::BTreeSet;

use fakepages::{Outcome, every_turn};
use heap::OwnerId;

use super::Program;
use super::program::class_of;

const PAGES: u32 = 256;

/// All that a heap does.
fn script(program: &mut Program) {
    for (size, batches) in [(512, 5), (320, 4)] {
        for _ in 0..batches {
            program.allocate(class_of(size), OwnerId(1), 20);
            program.check();
        }
    }
    program.allocate_large(20_000, 1);
    program.allocate_large(9_000, 8_192);
    for size in [30_000, 4_000] {
        if !program.large.is_empty() {
            program.resize_large(0, size);
            program.check();
        }
    }
    program.thin_out(4);
    program.allocate(class_of(512), OwnerId(2), 8);
    program.release_one_in(2);
    program.heap.upkeep();
    program.heap.purge();
    program.check();
    program.write_all();
}

/// Runs the script with these turns refused.
fn run(turns: Range<u64>) -> Outcome {
    let mut program = Program::new(PAGES);
    program.pages().refusals.refuse(turns);
    script(&mut program);
    let refusals = &program.pages().refusals;
    let (calls, refused) = (refusals.calls(), refusals.names());
    refusals.refuse(0..0);
    program.assert_open();
    program.end();
    Outcome { calls, refused }
}

#[test]
fn any_one_call_may_be_refused() {
    let refused = every_turn(run, |first| first..first + 1);
    let expected = [
        "allocate_large",
        "allocate_span",
        "metadata",
        "move_large",
        "resize_large",
    ];
    assert_eq!(refused, BTreeSet::from(expected));
}

#[test]
fn all_calls_from_any_one_on_may_be_refused() {
    assert!(every_turn(run, |first| first..u64::MAX).contains("allocate_span"));
}
