//! When unused pages are looked at, on a clock that the test moves.

use core::sync::atomic::Ordering;

use heap::OwnerId;

use super::Program;
use super::program::class_of;
use crate::tuning::{PURGE_MS, SLICE_PAUSE_MS};

/// A program that calls every now and then.
fn program() -> Program {
    let mut program = Program::new(64);
    program.allocate(class_of(512), OwnerId(1), 8);
    program.pages().purges.lock().unwrap().clear();
    program
}

/// Lets time pass, millisecond by millisecond, and returns when pages were looked at.
fn looks(program: &Program, milliseconds: u64) -> Vec<u64> {
    for _ in 0..milliseconds {
        program.pages().advance_clock(1);
        program.heap.upkeep();
    }
    let looks = std::mem::take(&mut *program.pages().purges.lock().unwrap());
    assert!(looks.iter().all(|&(_, all)| !all));
    looks.into_iter().map(|(time, _)| time).collect()
}

#[test]
fn pages_are_looked_at_now_and_then_and_not_more_often() {
    let program = program();
    let times = looks(&program, 1_000);
    assert!(!times.is_empty());
    let apart = |pair: &[u64]| pair[1] - pair[0] == PURGE_MS;
    assert!(times.windows(2).all(apart), "{times:?}");
    program.end();
}

#[test]
fn pages_that_take_long_to_give_back_go_in_parts() {
    const PARTS: usize = 5;
    let program = program();
    program.pages().advance_clock(PURGE_MS);
    let parts = &program.pages().purge_parts;
    parts.store(PARTS, Ordering::Relaxed);
    let times = looks(&program, PARTS as u64 * SLICE_PAUSE_MS);
    assert_eq!(times.len(), PARTS);
    let soon = |pair: &[u64]| pair[1] - pair[0] == SLICE_PAUSE_MS;
    assert!(times.windows(2).all(soon), "{times:?}");
    program.end();
}

#[test]
fn a_thread_for_it_relieves_all_others() {
    let program = program();
    program.heap.set_background(true);
    assert_eq!(looks(&program, 1_000), []);
    program.heap.set_background(false);
    assert_ne!(looks(&program, 1_000), []);
    program.end();
}
