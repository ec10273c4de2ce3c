//! Spans that were emptied stay with their class for a moment.

use fakepages::PAGE;
use heap::OwnerId;

use super::Program;
use super::program::{Kept, class_of};
use crate::CentralHeap;
use crate::tuning::KEPT_BYTES;

const PAGES: u32 = 512;
/// Longer than the time between two looks of the upkeep.
const LATER_MS: u64 = 100;

/// Asks the pages for a run or a label only where it must: says how often it did in `act`.
fn calls(program: &mut Program, name: &'static str, act: impl FnOnce(&mut Program)) -> usize {
    let before = program.pages().refusals.calls_named(name);
    act(program);
    (program.pages().refusals.calls_named(name) - before) as usize
}

#[test]
fn a_round_that_wants_them_back_asks_the_pages_for_nothing() {
    let mut program = Program::new(PAGES);
    let class = class_of(1024);
    let round = |program: &mut Program| {
        for _ in 0..10 {
            program.allocate(class, OwnerId(1), 4);
        }
        let objects = program.objects.clone();
        program.release(&objects);
    };
    assert_eq!(calls(&mut program, "allocate_span", round), 10);
    assert_eq!(calls(&mut program, "allocate_span", round), 0);
    assert_eq!(program.heap.class(class).spans(), 0);
    program.check();
    program.end();
}

#[test]
fn they_go_back_with_the_next_upkeep_and_where_memory_is_wanted() {
    let mut program = Program::new(PAGES);
    let (class, other) = (class_of(1024), class_of(512));
    let empty = |program: &mut Program| {
        program.allocate(class, OwnerId(1), 4);
        let objects = program.objects.clone();
        program.release(&objects);
        assert!(program.heap.class(class).kept() > 0);
    };
    empty(&mut program);
    program.pages().advance_clock(LATER_MS);
    CentralHeap::keep_up(&*program.heap);
    assert!(program.heap.class(class).kept() == 0, "by upkeep");

    while program.allocate_large(PAGE, 1) {}
    program.free_large(0);
    empty(&mut program);
    assert_eq!(
        program.allocate(other, OwnerId(1), 8),
        8,
        "of what was kept"
    );
    assert!(program.heap.class(class).kept() == 0);
    program.end();
}

#[test]
fn a_class_keeps_so_many_bytes_at_most() {
    let mut program = Program::new(PAGES);
    let class = class_of(1024);
    for _ in 0..KEPT_BYTES / PAGE + 20 {
        program.allocate(class, OwnerId(1), 4);
    }
    let objects = program.objects.clone();
    program.release(&objects);
    let mut kept = 0;
    while program.heap.class(class).take_kept().is_some() {
        kept += 1;
    }
    assert_eq!(kept, KEPT_BYTES / PAGE);
    assert_eq!(Kept::take(), []);
}
