//! Batches that pass from thread to thread.

use core::ptr::NonNull;
use fakepages::PAGE;

use heap::{OwnerId, SizeClass};

use super::Program;
use super::program::{Object, class_of};
use crate::CentralHeap;
use crate::tuning::TRANSFER_BYTES;

const PAGES: u32 = 512;
/// Longer than the time between two looks of the upkeep.
const LATER_MS: u64 = 100;

/// Gives up all objects of the program, which are of `class`, for the next thread.
fn hand_over_all(program: &mut Program, class: SizeClass) -> Vec<NonNull<u8>> {
    let objects = std::mem::take(&mut program.objects);
    assert!(objects.iter().all(|object| object.class == class));
    let slots: Vec<_> = objects.iter().map(|object| object.start).collect();
    for slot in &slots {
        program.pages().forget(slot.addr().get());
    }
    // SAFETY: the program had these objects, and has given them up.
    unsafe { program.heap.hand_over(class, &slots) };
    slots
}

fn take_over(program: &Program, class: SizeClass, most: usize) -> Vec<NonNull<u8>> {
    let mut taken = Vec::new();
    let count = program
        .heap
        .take_over(class, most, |slots| taken.extend(slots));
    assert_eq!(count, taken.len());
    taken
}

#[test]
fn who_asks_gets_what_was_handed_over_last() {
    let mut program = Program::new(PAGES);
    let class = class_of(512);
    assert_eq!(take_over(&program, class, 5), []);
    program.allocate(class, OwnerId(1), 8);
    let slots = hand_over_all(&mut program, class);
    assert_eq!(program.heap.waiting_bytes(), 8 * 512);
    assert_eq!(program.heap.class(class).live(), 8, "they stay claimed");
    assert_eq!(
        take_over(&program, class_of(256), 5),
        [],
        "of another class"
    );

    assert_eq!(take_over(&program, class, 5), slots[3..]);
    assert_eq!(take_over(&program, class, 5), slots[..3]);
    assert_eq!(take_over(&program, class, 5), []);
    assert_eq!(program.heap.waiting_bytes(), 0);
    program.objects = slots.iter().map(|&start| Object { class, start }).collect();
    program.write_all();
    program.end();
}

#[test]
fn what_nobody_takes_goes_home() {
    type Order = fn(&Program);
    let orders: [Order; 3] = [
        |program| {
            program.pages().advance_clock(LATER_MS);
            program.heap.upkeep();
        },
        |program| program.heap.purge(),
        |program| program.heap.give_back_all(),
    ];
    for order in orders {
        let mut program = Program::new(PAGES);
        let class = class_of(64);
        // More than go home under one hold of a lock.
        program.allocate(class, OwnerId(1), 300);
        hand_over_all(&mut program, class);
        assert!(program.heap.waiting_bytes() > 0);
        order(&program);
        assert_eq!(program.heap.waiting_bytes(), 0);
        program.end();
    }
}

#[test]
fn no_more_waits_than_may() {
    let mut program = Program::new(PAGES);
    let class = class_of(1024);
    for _ in 0..4 {
        program.allocate(class, OwnerId(1), 50);
        hand_over_all(&mut program, class);
        assert!(program.heap.waiting_bytes() <= TRANSFER_BYTES);
    }
    assert_eq!(program.heap.waiting_bytes(), 100 * 1024, "two batches fit");
    assert_eq!(program.heap.class(class).live(), 100);
    program.heap.purge();
    program.end();
}

#[test]
fn memory_that_runs_out_is_found_among_what_waits() {
    const FEW: u32 = 24;
    let fill = |class| {
        let mut program = Program::new(FEW);
        while program.allocate(class, OwnerId(1), 1) == 1 {}
        assert!(
            !program.allocate_large(PAGE + 1, 1),
            "there is no memory left"
        );
        hand_over_all(&mut program, class);
        let waits = program.heap.waiting_bytes() > 0;
        assert!(waits || program.heap.class(class).kept() > 0);
        program
    };
    for class in [class_of(PAGE), class_of(PAGE / 2)] {
        let mut program = fill(class);
        assert_eq!(program.allocate(class_of(512), OwnerId(2), 3), 3);
        program.end();
        let mut program = fill(class);
        assert!(program.allocate_large(40_000, 1));
        program.end();
    }
}
