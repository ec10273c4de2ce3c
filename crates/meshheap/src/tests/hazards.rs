//! Pages that the kernel may write to are left where they are, and only these.

use core::sync::atomic::Ordering;

use fakepages::PAGE;
use heap::{OwnerId, PageIndex};
use meshing::ComplementMesher;
use rand_pcg::rand_core::Rng;

use super::Program;
use super::program::{Object, class_of};
use globalheap::Standing;

use crate::Writers;

const PAGES: u32 = 1024;

/// A program with sparse spans of a page each.
fn sparse() -> Program {
    let mut program = Program::<ComplementMesher>::new(PAGES);
    for size in [512, 256] {
        for _ in 0..40 {
            program.allocate(class_of(size), OwnerId(1), 16);
        }
    }
    program.thin_out(6);
    program
}

fn page_of(program: &Program, object: Object) -> PageIndex {
    let labels = program.heap.labels();
    labels.page_at(object.start.addr().get()).expect("a page")
}

/// The kernel may write to the object.
fn name(program: &Program, object: Object) {
    let page = page_of(program, object);
    program.pages().named.lock().unwrap().insert(page);
}

fn withdraw_all(program: &Program) {
    program.pages().named.lock().unwrap().clear();
}

/// What one cycle releases, in pages, with the pages of `named` objects named; and how often a span was left out behind the
/// barrier. Pages may be named `late`, when the search has begun.
fn cycle(late: bool, named: impl Fn(usize) -> bool) -> (usize, usize) {
    let mut program = sparse();
    program.pages().named_late.store(late, Ordering::Relaxed);
    for (index, &object) in program.objects.iter().enumerate() {
        if named(index) {
            name(&program, object);
        }
    }
    // The fake refuses to protect what is named.
    let released = program.heap.mesh_cycle() / PAGE;
    program.check();
    let left_out = program.heap.mesh_stats().named;
    withdraw_all(&program);
    program.write_all();
    program.end();
    (released, left_out)
}

#[test]
fn one_call_that_waits_for_hours_costs_one_span() {
    let (without, none) = cycle(false, |_| false);
    assert_eq!(none, 0);
    assert!(without > 10, "the spans are not sparse");
    for waiting in 0..12 {
        let (released, _) = cycle(false, |index| index == waiting);
        // The span itself, and the one that it would have joined.
        assert!(released + 3 >= without, "{released} of {without} pages");
    }
}

#[test]
fn when_all_is_named_nothing_is_meshed() {
    let (released, _) = cycle(false, |_| true);
    assert_eq!(released, 0);
    let (released, left_out) = cycle(true, |_| true);
    assert_eq!(released, 0);
    assert!(left_out > 10, "{left_out} spans were left out");
}

/// Calls come and go between cycles, over objects that are meshed by then.
#[test]
fn members_of_groups_are_named_too() {
    let mut program = sparse();
    for round in 0..12 {
        let late = round % 2 == 1;
        program.pages().named_late.store(late, Ordering::Relaxed);
        withdraw_all(&program);
        let objects = program.objects.clone();
        let named = objects
            .iter()
            .filter(|_| program.rng.next_u32().is_multiple_of(4));
        let named: Vec<_> = named.copied().collect();
        named.iter().for_each(|&object| name(&program, object));
        program.heap.mesh_cycle();
        program.check();
        program.write_all();
        program.release_one_in(6);
        // New groups, old ones, and ones that are taken apart.
        program.allocate(class_of(512), OwnerId(1), 8);
    }
    let stats = program.heap.mesh_stats();
    assert!(stats.named > 0 && stats.meshes > 0);
    assert_eq!(stats.refused, 0);
    withdraw_all(&program);
    program.end();
}

/// The kernel goes on writing to a group while its process forks; the child has nothing there before its step.
#[test]
fn a_fork_leaves_alone_what_is_named() {
    for child in [false, true] {
        let mut program = sparse();
        assert!(program.heap.mesh_cycle() > 0);
        let [first, second] = [program.objects[0], program.objects[7]];
        name(&program, first);
        name(&program, second);
        let fork = program
            .prepare_fork(Standing::Outside, Writers::OtherThreads)
            .unwrap();
        // The call is over in the meantime.
        withdraw_all(&program);
        if child {
            program.pages().become_child();
            // SAFETY: prepared above, and this stands for the child.
            unsafe { program.heap.child_after_fork(fork) }.unwrap();
        } else {
            // SAFETY: prepared above, and this is the parent.
            unsafe { program.heap.parent_after_fork(fork) };
        }
        program.assert_open();
        program.check();
        program.write_all();
        program.heap.mesh_cycle();
        program.check();
        program.end();
    }
}
