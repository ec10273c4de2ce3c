//! Fork, seen from both sides.

use heap::OwnerId;
use meshing::ComplementMesher;

use super::Program;
use super::program::class_of;
use globalheap::Standing;

use crate::Writers;

const WRITERS: [Writers; 2] = [Writers::Nobody, Writers::OtherThreads];

const PAGES: u32 = 512;

/// A program with groups, and with private spans.
fn meshed() -> Program {
    let mut program = Program::<ComplementMesher>::new(PAGES);
    for size in [512, 320] {
        for _ in 0..12 {
            program.allocate(class_of(size), OwnerId(1), 20);
        }
    }
    program.thin_out(4);
    assert!(program.heap.mesh_cycle() > 0);
    program.allocate(class_of(512), OwnerId(1), 10);
    program.allocate(class_of(2048), OwnerId(1), 10);
    program.allocate_large(10_000, 1);
    program.check();
    program
}

fn goes_on(mut program: Program) {
    program.assert_open();
    program.check();
    program.write_all();
    program.allocate(class_of(512), OwnerId(2), 20);
    program.thin_out(2);
    program.heap.mesh_cycle();
    program.check();
    program.end();
}

#[test]
fn the_parent_goes_on_as_before() {
    for writers in WRITERS {
        let program = meshed();
        let before = program.pages().physical_pages();
        let fork = program.prepare_fork(Standing::Outside, writers).unwrap();
        assert_eq!(
            program.heap.mesh_cycle(),
            0,
            "no group may come while a fork is under way"
        );
        let protected = program.pages().shared_is_protected();
        assert_eq!(protected, writers == Writers::OtherThreads);
        // SAFETY: prepared above, and this is the parent.
        unsafe { program.heap.parent_after_fork(fork) };
        assert_eq!(program.pages().physical_pages(), before);
        goes_on(program);
    }
}

/// A fork that came too late to be refused.
#[test]
fn without_room_the_parent_goes_on_and_the_child_is_refused() {
    for in_child in [false, true] {
        let program = meshed();
        assert!(program.heap.may_have_groups());
        program.pages().refusals.refuse_named(Some("open_snapshot"));
        let begun = program.heap.begin_fork(Standing::Outside);
        program.pages().refusals.refuse_named(None);
        assert_eq!(program.heap.mesh_cycle(), 0, "no group may come");
        // SAFETY: begun above; the heap is not used before the fork has ended.
        let fork = unsafe { program.heap.prepare_fork(begun, Writers::OtherThreads) };
        if in_child {
            // SAFETY: prepared above, and this stands for the child.
            let adopted = unsafe { program.heap.child_after_fork(fork) };
            assert_eq!(adopted, Err(heap::Refused));
        } else {
            // SAFETY: prepared above, and this is the parent.
            unsafe { program.heap.parent_after_fork(fork) };
            goes_on(program);
        }
    }
}

#[test]
fn the_child_never_writes_to_its_parents_pages() {
    for writers in WRITERS {
        let program = meshed();
        let before = program.pages().physical_pages();
        let fork = program.prepare_fork(Standing::Outside, writers).unwrap();
        program.pages().become_child();
        // SAFETY: prepared above, and this stands for the child.
        unsafe { program.heap.child_after_fork(fork) }.unwrap();
        assert_eq!(program.pages().physical_pages(), before);
        goes_on(program);
    }
}

#[test]
fn a_child_forks_again() {
    let program = meshed();
    for _ in 0..3 {
        let fork = program
            .prepare_fork(Standing::Outside, Writers::OtherThreads)
            .unwrap();
        program.pages().become_child();
        // SAFETY: prepared above, and this stands for the child.
        unsafe { program.heap.child_after_fork(fork) }.unwrap();
        program.check();
    }
    goes_on(program);
}

/// Room stays without a lock: what comes between is seen when the fork goes on.
#[test]
fn groups_may_come_between_the_room_and_the_fork() {
    let mut program = meshed();
    program.heap.reserve_fork(Standing::Outside).unwrap();
    for _ in 0..12 {
        program.allocate(class_of(320), OwnerId(1), 20);
    }
    program.thin_out(4);
    assert!(program.heap.mesh_cycle() > 0);
    let begun = program.heap.begin_fork(Standing::Outside);
    // SAFETY: begun above; the heap is not used before the fork has ended.
    let fork = unsafe { program.heap.prepare_fork(begun, Writers::OtherThreads) };
    program.pages().become_child();
    // SAFETY: prepared above, and this stands for the child.
    unsafe { program.heap.child_after_fork(fork) }.unwrap();
    goes_on(program);
}

#[test]
fn without_room_a_fork_is_refused_and_changes_nothing() {
    let program = meshed();
    let before = program.pages().physical_pages();
    program.pages().refusals.refuse_named(Some("open_snapshot"));
    assert!(program.heap.reserve_fork(Standing::Outside).is_err());
    program.pages().refusals.refuse_named(None);
    assert_eq!(program.pages().physical_pages(), before);
    goes_on(program);
}

/// A signal handler that forks over an operation, whose locks it cannot have.
#[test]
fn a_fork_over_an_operation_leaves_its_locks_alone() {
    for in_child in [false, true] {
        let program = meshed();
        let class = program.heap.class(class_of(512));
        let fork = program
            .prepare_fork(Standing::Inside, Writers::OtherThreads)
            .unwrap();
        if in_child {
            program.pages().become_child();
            // SAFETY: prepared above, and this stands for the child.
            unsafe { program.heap.child_after_fork(fork) }.unwrap();
        } else {
            // SAFETY: prepared above, and this is the parent.
            unsafe { program.heap.parent_after_fork(fork) };
        }
        // The operation goes on, and ends.
        drop(class);
        goes_on(program);
    }
}

#[test]
fn a_program_that_never_meshed_copies_nothing() {
    let mut program = Program::<ComplementMesher>::new(PAGES);
    program.allocate(class_of(512), OwnerId(1), 40);
    let before = program.pages().physical_pages();
    program.heap.reserve_fork(Standing::Outside).unwrap();
    assert_eq!(program.pages().physical_pages(), before);
    let fork = program
        .prepare_fork(Standing::Outside, Writers::OtherThreads)
        .unwrap();
    program.pages().become_child();
    // SAFETY: prepared above, and this stands for the child.
    unsafe { program.heap.child_after_fork(fork) }.unwrap();
    assert_eq!(program.pages().physical_pages(), before);
    goes_on(program);
}
