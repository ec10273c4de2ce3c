//! One script, run once for each call that the system may refuse.

use core::ops::Range;
use std::collections::BTreeSet;

use fakepages::Outcome;
use heap::OwnerId;
use meshing::ComplementMesher;

use super::Program;
use super::cycle::found;
use super::program::class_of;
use globalheap::Standing;

use crate::Writers;

const PAGES: u32 = 256;

/// Forks, as far as the system lets us. Says whether this process goes on.
fn fork(program: &mut Program, child: bool) -> bool {
    let Ok(fork) = program.prepare_fork(Standing::Outside, Writers::OtherThreads) else {
        program.assert_open();
        program.check();
        return true;
    };
    if child {
        program.pages().become_child();
        // SAFETY: prepared above, and this stands for the child.
        if unsafe { program.heap.child_after_fork(fork) }.is_err() {
            return false;
        }
    } else {
        // SAFETY: prepared above, and this is the parent.
        unsafe { program.heap.parent_after_fork(fork) };
    }
    program.assert_open();
    program.check();
    program.write_all();
    true
}

fn cycle(program: &mut Program) {
    program.heap.mesh_cycle();
    program.check();
    program.write_all();
}

/// What a program does; says whether it lived to the end: a child that cannot have its memory to itself does not.
type Script = fn(&mut Program) -> bool;

/// All that a heap does.
fn everything(program: &mut Program) -> bool {
    let owner = OwnerId(1);
    for (size, batches) in [(512, 5), (320, 4)] {
        for _ in 0..batches {
            program.allocate(class_of(size), owner, 20);
        }
    }
    program.allocate_large(20_000, 1);
    program.allocate_large(9_000, 8_192);
    for size in [30_000, 4_000] {
        if !program.large.is_empty() {
            program.resize_large(0, size);
        }
    }
    program.thin_out(4);
    cycle(program);
    // Into the groups, at their leaders' addresses.
    program.allocate(class_of(512), OwnerId(2), 8);
    program.check();
    program.thin_out(2);
    // Dissolves what is left behind; groups join groups.
    cycle(program);
    if !fork(program, false) {
        return false;
    }
    program.thin_out(2);
    program.allocate(class_of(512), owner, 12);
    program.allocate(class_of(320), owner, 30);
    program.thin_out(3);
    if !fork(program, true) {
        return false;
    }
    cycle(program);
    program.heap.compact();
    program.check();
    true
}

/// Groups that thin out are taken apart.
fn taking_apart(program: &mut Program) -> bool {
    let class = class_of(256);
    for _ in 0..16 {
        program.allocate(class, OwnerId(1), 64);
    }
    program.thin_out(5);
    program.heap.mesh_cycle();
    let mut taken_apart = 0;
    for _ in 0..3 {
        program.release_one_in(4);
        let whole = found(program, &mut ComplementMesher, class);
        let before = program.heap.mesh_stats().meshes;
        program.heap.mesh_cycle();
        taken_apart += (program.heap.mesh_stats().meshes - before).saturating_sub(whole);
        program.check();
    }
    let undisturbed = program.pages().refusals.names().is_empty();
    assert!(taken_apart > 0 || !undisturbed);
    program.write_all();
    true
}

/// Spans join hosts that are shared a block at a time, beside a fork.
fn with_hosts(program: &mut Program) -> bool {
    let class = class_of(512);
    for _ in 0..30 {
        program.allocate(class, OwnerId(1), 16);
    }
    program.thin_out(2);
    cycle(program);
    let protected = program.pages().refusals.calls_named("protect") as usize;
    let meshes = program.heap.mesh_stats().meshes;
    // Each by itself is protected once if it joins, and once if it is joined.
    let at_once = protected < meshes + program.heap.class(class).groups();
    let undisturbed = program.pages().refusals.names().is_empty();
    assert!(
        at_once || !undisturbed,
        "{protected} protected, {meshes} meshes"
    );
    if !fork(program, true) {
        return false;
    }
    program.thin_out(2);
    cycle(program);
    true
}

/// Mappings are scarce: runs of neighbours are meshed, and go on joining at the limit.
fn with_few_mappings(program: &mut Program) -> bool {
    let limit = 24;
    program
        .pages()
        .mappings_limit
        .store(limit, core::sync::atomic::Ordering::Relaxed);
    for _ in 0..60 {
        program.allocate(class_of(512), OwnerId(1), 8);
    }
    for _ in 0..2 {
        program.thin_out(4);
        for _ in 0..2 {
            cycle(program);
        }
    }
    // Borders that appear while a run is on its way are gone when it has arrived, or the run was refused half-way.
    let undisturbed = program.pages().refusals.names().is_empty();
    assert!(program.pages().mappings() <= limit || !undisturbed);
    true
}

/// Runs the script with these turns refused.
fn run(script: Script, turns: Range<u64>) -> Outcome {
    let mut program = Program::<ComplementMesher>::new(PAGES);
    program.pages().refusals.refuse(turns);
    let goes_on = script(&mut program);
    let refusals = &program.pages().refusals;
    let (calls, refused) = (refusals.calls(), refusals.names());
    if goes_on {
        refusals.refuse(0..0);
        program.assert_open();
        program.write_all();
        program.end();
    }
    Outcome { calls, refused }
}

/// Runs the script with `turns` refused, from each turn on that there is; returns the names of what was refused.
fn every_turn(script: Script, turns: impl Fn(u64) -> Range<u64>) -> BTreeSet<&'static str> {
    fakepages::every_turn(|refused| run(script, refused), turns)
}

#[test]
fn any_one_call_may_be_refused() {
    let refused = every_turn(everything, |first| first..first + 1);
    // A span stays shared in a child unless putting it onto its copy is refused: then `make_private` is asked for.
    let expected = [
        "alias",
        "allocate_large",
        "allocate_span",
        "dissolve",
        "map_scratch",
        "mappings_permit",
        "metadata",
        "open_shared",
        "protect",
        "open_snapshot",
        "resize_large",
    ];
    assert_eq!(refused, BTreeSet::from(expected));
}

#[test]
fn any_two_calls_in_a_row_may_be_refused() {
    assert!(every_turn(everything, |first| first..first + 2).contains("make_private"));
}

#[test]
fn all_calls_from_any_one_on_may_be_refused() {
    assert!(every_turn(everything, |first| first..u64::MAX).contains("alias"));
}

#[test]
fn any_call_may_be_refused_while_groups_are_taken_apart() {
    let refused = every_turn(taking_apart, |first| first..first + 1);
    assert!(refused.contains("alias") && refused.contains("protect"));
}

#[test]
fn all_calls_may_be_refused_while_groups_are_taken_apart() {
    assert!(every_turn(taking_apart, |first| first..u64::MAX).contains("alias"));
}

#[test]
fn any_call_may_be_refused_while_blocks_are_shared() {
    let refused = every_turn(with_hosts, |first| first..first + 1);
    assert!(
        ["alias", "protect", "open_shared", "metadata"]
            .iter()
            .all(|name| refused.contains(name))
    );
}

#[test]
fn all_calls_may_be_refused_while_blocks_are_shared() {
    assert!(every_turn(with_hosts, |first| first..u64::MAX).contains("alias"));
}

#[test]
fn any_call_may_be_refused_while_mappings_are_scarce() {
    let refused = every_turn(with_few_mappings, |first| first..first + 1);
    assert!(refused.contains("alias") && refused.contains("protect"));
}

#[test]
fn all_calls_may_be_refused_while_mappings_are_scarce() {
    assert!(every_turn(with_few_mappings, |first| first..u64::MAX).contains("alias"));
}

#[test]
fn what_is_refused_again_and_again_costs_nothing_more_each_time() {
    for name in [
        "protect",
        "open_shared",
        "alias",
        "mappings_permit",
        "map_scratch",
    ] {
        let mut program = Program::<ComplementMesher>::new(PAGES);
        program.allocate(class_of(512), OwnerId(1), 120);
        program.thin_out(4);
        program.pages().refusals.refuse_named(Some(name));
        program.heap.mesh_cycle();
        let records = program.pages().refusals.calls_named("metadata");
        let pages = program.pages().physical_pages();
        for _ in 0..100 {
            program.heap.mesh_cycle();
        }
        program.check();
        assert_eq!(program.heap.mesh_stats().meshes, 0);
        assert_eq!(program.pages().physical_pages(), pages, "{name}");
        assert_eq!(
            program.pages().refusals.calls_named("metadata"),
            records,
            "{name}"
        );
        program.pages().refusals.refuse_named(None);
        assert!(program.heap.mesh_cycle() > 0);
        program.end();
    }
}
