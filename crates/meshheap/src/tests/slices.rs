//! A cycle in slices: the same as one at one go, whatever happens in between.

use fakepages::PAGE;
use heap::OwnerId;
use meshing::ComplementMesher;

use super::Program;
use super::cycle::found;
use super::program::class_of;
use crate::slice::Slice;
use crate::tuning::{MESHES_PER_HOLD, PERIOD_MS};
use crate::{MeshPolicy, Sleep};

const PAGES: u32 = 2048;

/// A program with some sparse spans of two classes, of one page and of two.
fn sparse(spans: usize) -> Program<ComplementMesher> {
    let mut program = Program::new(PAGES);
    for class in [256, 320].map(class_of) {
        for _ in 0..spans {
            assert!(program.allocate(class, OwnerId(1), 16) > 0);
        }
    }
    program.thin_out(5);
    program
}

/// Ends the cycle under way, or does a whole one; returns the bytes released by it, and the slices that it took.
fn finish(program: &mut Program<ComplementMesher>) -> (usize, usize) {
    for slices in 1.. {
        let slice = program.heap.mesh_slice(0);
        program.check();
        assert!(slice == Slice::Unfinished || program.pages().shared_pages_are_closed());
        match slice {
            Slice::Unfinished => {}
            Slice::Ended(released) => return (released, slices),
            Slice::HeldBack => return (0, slices),
            Slice::Busy => panic!("nobody else is there"),
        }
    }
    unreachable!("a cycle ends")
}

#[test]
fn slices_release_most_of_what_the_search_finds() {
    let mut program = sparse(200);
    let mut mesher = ComplementMesher::seeded(0);
    let pages = |class| program.heap.class(class).geometry().pages.index();
    let classes = [256, 320].map(class_of);
    let meshes = classes.map(|class| found(&program, &mut mesher, class));
    let expected: usize = (0..2).map(|at| meshes[at] * pages(classes[at])).sum();
    let before = program.pages().physical_pages();
    let (released, slices) = finish(&mut program);
    // Runs go first: they cost less for each page, and what fits as runs might have fitted better span by span.
    assert!(
        released / PAGE * 5 >= expected * 4,
        "{released} bytes of {expected} pages"
    );
    assert!(slices > 4 * meshes.iter().sum::<usize>() / 5 / MESHES_PER_HOLD);
    assert_eq!(program.pages().physical_pages(), before - released / PAGE);
    assert_eq!(program.heap.mesh_stats().cycles, 1);
    program.write_all();
    program.end();
}

#[test]
fn groups_are_taken_apart_in_slices() {
    let mut program = sparse(200);
    finish(&mut program);
    // Groups thin out, so that their members find places one by one.
    program.thin_out(3);
    let before = program.pages().physical_pages();
    let mut released = 0;
    for _ in 0..4 {
        released += finish(&mut program).0;
    }
    assert!(released > 0);
    assert!(program.pages().physical_pages() < before);
    program.write_all();
    program.end();
}

#[test]
fn the_program_goes_on_between_slices() {
    let mut program = sparse(150);
    let mut unfinished = 0;
    for round in 0..200 {
        if program.heap.mesh_slice(0) == Slice::Unfinished {
            unfinished += 1;
        }
        match round % 4 {
            0 => {
                program.allocate(class_of(256), OwnerId(1), 64);
            }
            1 if round % 16 == 1 => program.thin_out(2),
            _ => {}
        }
        program.check();
    }
    assert!(unfinished > 50);
    program.write_all();
    program.end();
}

#[test]
fn a_whole_cycle_takes_the_place_of_one_in_slices() {
    let program = sparse(150);
    for _ in 0..60 {
        assert_eq!(program.heap.mesh_slice(0), Slice::Unfinished);
    }
    program.heap.mesh_cycle();
    program.check();
    let cycles = program.heap.mesh_stats().cycles;
    assert_eq!(program.heap.mesh_slice(0), Slice::Unfinished);
    assert_eq!(program.heap.mesh_stats().cycles, cycles + 1);
    program.heap.disable_meshing();
    assert_eq!(program.heap.mesh_slice(0), Slice::Ended(0));
    // SAFETY: there is one thread, and it writes to no protected page.
    unsafe { program.heap.enable_meshing() };
    program.end();
}

#[test]
fn slow_paths_and_sleeps_mesh() {
    for sleep in [None, Some(Sleep(0)), Some(Sleep(20))] {
        let program = sparse(200);
        program.heap.set_period(PERIOD_MS / 10);
        program.pages().advance_clock(PERIOD_MS);
        // The fake's clock moves by a nanosecond with each look, so a slice of a millisecond has room for all of a cycle.
        match sleep {
            Some(sleep) => {
                assert!(program.heap.wants_upkeep(sleep));
                assert!(program.heap.before_sleep(sleep), "it helped");
            }
            None => program.heap.upkeep(),
        }
        assert!(program.heap.mesh_stats().meshes > 0, "{sleep:?}");
        program.end();
    }
}

#[test]
fn idle_programs_do_not_wait_for_the_next_cycle_while_they_help() {
    let program = sparse(400);
    program.heap.set_period(PERIOD_MS / 10);
    program.pages().advance_clock(PERIOD_MS);
    let mut calls = 0;
    while program.heap.before_sleep(Sleep(0)) {
        calls += 1;
        assert!(calls < 100, "each cycle leaves less for the next");
    }
    assert!(program.heap.mesh_stats().cycles > 1);
    // A cycle in vain, or too little left: the clock says when it goes on.
    assert!(!program.heap.before_sleep(Sleep(0)));
    program.end();
}

#[test]
fn a_thread_for_the_upkeep_takes_all_the_time_of_an_idle_program() {
    let program = sparse(400);
    program.heap.set_period(PERIOD_MS / 10);
    program.pages().advance_clock(PERIOD_MS);
    while program.heap.upkeep_in_spare_time() {}
    assert!(program.heap.mesh_stats().cycles > 1);
    program.end();
}

#[test]
fn a_thread_for_the_upkeep_takes_as_much_of_a_busy_program_as_its_own_threads_would() {
    let cycles = |upkeep: fn(&Program<ComplementMesher>)| {
        let program = sparse(400);
        program.heap.set_period(PERIOD_MS / 10);
        for _ in 0..4 * PERIOD_MS {
            program.pages().advance_clock(1);
            upkeep(&program);
        }
        let cycles = program.heap.mesh_stats().cycles;
        program.end();
        cycles
    };
    let own = cycles(|program| program.heap.upkeep());
    let in_background = cycles(|program| program.heap.upkeep_in_background());
    assert!(own > 1);
    assert_eq!(in_background, own);
}
