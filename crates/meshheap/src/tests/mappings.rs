//! Where mappings go when there are few.

use core::sync::atomic::Ordering;

use heap::OwnerId;
use meshing::ComplementMesher;

use super::Program;
use super::program::class_of;
use crate::slice::Slice;

const PAGES: u32 = 2048;
const SPANS: usize = 600;

/// A program with spans of 16 slots side by side, all in use.
fn full(limit: usize) -> Program<ComplementMesher> {
    let mut program = Program::new(PAGES);
    program
        .pages()
        .mappings_limit
        .store(limit, Ordering::Relaxed);
    for _ in 0..SPANS {
        assert_eq!(program.allocate(class_of(256), OwnerId(1), 16), 16);
    }
    program
}

/// The same with one object in five left.
fn sparse(limit: usize) -> Program<ComplementMesher> {
    let mut program = full(limit);
    program.thin_out(5);
    program
}

/// Ends a cycle in slices.
fn finish(program: &Program<ComplementMesher>) -> Slice {
    loop {
        match program.heap.mesh_slice(0) {
            Slice::Unfinished => {}
            end => return end,
        }
    }
}

#[test]
fn scarce_mappings_go_to_runs_of_neighbours() {
    let limit = 80;
    let mut program = sparse(limit);
    program.heap.mesh_cycle();
    program.check();
    let saved = program.heap.mesh_stats().pages_saved;
    let used = program.pages().mappings();
    assert!(used <= limit, "{used} mappings");
    // A single span that joins another takes two, and the first of them two more.
    assert!(saved > limit, "{saved} pages");
    program.write_all();
    program.end();
}

#[test]
fn at_the_limit_groups_go_on_joining_groups() {
    let limit = 320;
    let mut program = sparse(limit);
    for _ in 0..3 {
        program.heap.mesh_cycle();
    }
    assert!(
        program.heap.mesh_stats().unaffordable > 0,
        "the limit is not met"
    );
    let mut joined = 0;
    for _ in 0..4 {
        program.release_one_in(3);
        joined += program.heap.mesh_cycle();
        program.check();
        let used = program.pages().mappings();
        assert!(used <= limit, "{used} mappings");
    }
    assert!(joined > 0);
    program.write_all();
    program.end();
}

#[test]
fn mappings_are_held_back_while_the_heap_drains() {
    let limit = 400;
    let mut program = full(limit);
    let mut held_back = 0;
    while program.objects.len() > SPANS * 4 {
        program.release_one_in(6);
        if finish(&program) == Slice::HeldBack {
            held_back += 1;
            let used = program.pages().mappings();
            assert!(used < limit / 2, "{used} mappings");
        }
        program.check();
    }
    assert!(held_back > 2);
    let before = program.heap.mesh_stats().pages_saved;
    assert!(matches!(finish(&program), Slice::Ended(released) if released > 0));
    let saved = program.heap.mesh_stats().pages_saved;
    assert!(
        saved > 2 * before.max(SPANS / 8),
        "{saved} pages after {before}"
    );
    program.check();
    program.end();
}

#[test]
fn with_plenty_of_mappings_nothing_is_held_back() {
    let mut program = full(usize::MAX);
    for _ in 0..6 {
        program.release_one_in(3);
        assert!(matches!(finish(&program), Slice::Ended(_)));
        program.check();
    }
    assert_eq!(program.heap.mesh_stats().unaffordable, 0);
    assert!(program.heap.mesh_stats().pages_saved > 0);
    program.end();
}

/// Who asks for all that can be had gets it.
#[test]
fn a_whole_cycle_holds_nothing_back() {
    let (asked, waiting) = (sparse(200), sparse(200));
    assert_eq!(finish(&waiting), Slice::HeldBack);
    asked.heap.mesh_cycle();
    let saved = |program: &Program<_>| program.heap.mesh_stats().pages_saved;
    assert!(saved(&asked) > saved(&waiting));
    asked.end();
    waiting.end();
}
