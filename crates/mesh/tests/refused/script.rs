//! One script, run once for each system call that may be refused.

use std::ops::Range;

use mesh::BarrierChoice;

use crate::fork::fork;
use crate::program::Program;

/// All that a program does with its heap, with these calls refused. Returns how many calls there were.
fn run(barrier: BarrierChoice, turns: Range<u64>) -> u64 {
    let mut program = Program::new();
    program.may_stick = turns.end == u64::MAX;
    program.refuse(turns.start, turns.end);
    program.heap.global().pages().choose_barrier(barrier);
    program.allocate(256, 200);
    program.allocate(320, 100);
    program.allocate(50_000, 1);
    program.allocate(300_000, 2);
    program.resize_large(600_000);
    program.resize_large(40_000);
    program.thin_out(4);
    program.cycle();
    program.allocate(256, 10);
    program.thin_out(2);
    program.cycle();
    fork(&mut program, |child| {
        child.check();
        child.write_all();
        child.allocate(320, 40);
        child.thin_out(2);
        child.cycle();
    });
    program.allocate(256, 40);
    program.thin_out(2);
    program.heap.global().compact();
    program.check();
    let calls = program.calls();
    program.end();
    calls
}

/// Runs the script with `turns` refused, from each turn on that there is, with either barrier.
fn every_turn(turns: impl Fn(u64) -> Range<u64>) {
    for barrier in [BarrierChoice::Mprotect, BarrierChoice::Userfaultfd] {
        let mut first = 0;
        // With a call refused the script takes another course, and may make more calls than before.
        while run(barrier, turns(first)) > first {
            first += 1;
        }
        assert!(first > 100, "the script makes {first} calls");
    }
}

#[test]
fn any_one_call_may_be_refused() {
    every_turn(|first| first..first + 1);
}

#[test]
fn any_two_calls_in_a_row_may_be_refused() {
    every_turn(|first| first..first + 2);
}

#[test]
fn all_calls_from_any_one_on_may_be_refused() {
    every_turn(|first| first..u64::MAX);
}
