//! What a mesh cycle gives back, and what it leaves alone.

use core::ops::ControlFlow;
use core::sync::atomic::Ordering;

use bitmap::SpanBits;
use fakepages::PAGE;
use heap::{OwnerId, SizeClass};
use meshing::{Candidate, ComplementMesher, Mesher, SplitMesher};
use miniheap::SpanClasses;

use super::Program;
use super::program::{Object, class_of};
use crate::MeshPolicy;
use crate::search::budget;
use crate::tuning::SCATTERED_SHARE;

const PAGES: u32 = 1024;

/// A program with a few dozen sparse spans of each class.
fn sparse<M: MeshPolicy>(classes: &[SizeClass]) -> Program<M> {
    let mut program = Program::new(PAGES);
    for &class in classes {
        for _ in 0..8 {
            assert!(program.allocate(class, OwnerId(1), 48) > 0);
        }
    }
    program.thin_out(5);
    program.check();
    program
}

/// Classes whose spans have 16, 25, 8 and 9 slots, on one, two, one and two pages.
fn classes() -> [SizeClass; 4] {
    [256, 320, 512, 896].map(class_of)
}

/// The meshes that a search finds in `class` now.
pub(super) fn found<M: MeshPolicy>(
    program: &Program<M>,
    mesher: &mut M,
    class: SizeClass,
) -> usize {
    let spans = program.heap.class(class);
    let candidates: Vec<Candidate> = spans
        .units()
        .map(|(unit, live, members)| Candidate {
            live,
            tag: unit.0,
            weight: members as u16,
            is_host: false,
        })
        .collect();
    let slots = usize::from(spans.geometry().slots);
    let mut scratch = vec![0; M::scratch_words(candidates.len(), slots)];
    let mut budget = budget(candidates.len());
    let mut found = 0;
    mesher.find(&candidates, slots, &mut scratch, &mut budget, |_| {
        found += 1;
        ControlFlow::Continue(())
    });
    found
}

fn a_cycle_releases_what_the_search_finds<M: MeshPolicy>() {
    for class in classes() {
        let mut program = sparse::<M>(&[class]);
        let mut mesher = M::seeded(heap::Upkeep::entropy(program.pages()));
        let found = found(&program, &mut mesher, class);
        assert!(found > 2, "only {found} meshes: the spans are not sparse");
        let before = program.pages().physical_pages();
        let released = program.heap.mesh_cycle() / PAGE;
        program.check();
        // Groups that are taken apart afterwards come on top.
        let pages = program.heap.class(class).geometry().pages.index();
        assert!(
            released >= found * pages,
            "{released} pages, {found} meshes"
        );
        assert_eq!(program.pages().physical_pages(), before - released);
        let stats = program.heap.mesh_stats();
        assert_eq!((stats.cycles, stats.refused), (1, 0));
        assert_eq!(
            (stats.meshes, stats.pages_released),
            (released / pages, released)
        );
        assert_eq!(stats.pages_saved_peak, stats.pages_saved);
        assert!(program.pages().shared_pages_are_closed());
        program.write_all();
        program.end();
    }
}

#[test]
fn a_cycle_releases_what_the_default_search_finds() {
    a_cycle_releases_what_the_search_finds::<ComplementMesher>();
}

#[test]
fn a_cycle_releases_what_the_search_of_the_paper_finds() {
    a_cycle_releases_what_the_search_finds::<SplitMesher<64>>();
}

#[test]
fn groups_join_groups_and_drained_members_go_home() {
    let mut program = sparse::<ComplementMesher>(&classes());
    for _ in 0..6 {
        let released = program.heap.mesh_cycle();
        program.check();
        let spans: usize = program.heap.classes().map(|class| class.spans).sum();
        let physical = program.pages().physical_pages();
        program.thin_out(2);
        // Some members are drained now: their addresses come back in the next cycle.
        program.heap.mesh_cycle();
        program.check();
        assert!(
            program
                .heap
                .classes()
                .map(|class| class.spans)
                .sum::<usize>()
                <= spans
        );
        assert!(
            program.pages().physical_pages() <= physical,
            "after {released} bytes"
        );
        program.write_all();
    }
    assert!(program.heap.mesh_stats().pages_saved > 0);
    program.end();
}

#[test]
fn thinned_out_groups_are_taken_apart() {
    let class = class_of(256);
    let mut program = Program::<ComplementMesher>::new(PAGES);
    for _ in 0..30 {
        program.allocate(class, OwnerId(1), 64);
    }
    program.thin_out(5);
    program.heap.mesh_cycle();
    let mut taken_apart = 0;
    for _ in 0..4 {
        program.release_one_in(4);
        let groups = program.heap.class_stats(class).groups;
        // What whole units can give; what comes on top of it comes from groups that were taken apart.
        let found = found(&program, &mut ComplementMesher, class);
        let before = program.heap.mesh_stats().meshes;
        let physical = program.pages().physical_pages();
        let released = program.heap.mesh_cycle() / PAGE;
        program.check();
        let meshes = program.heap.mesh_stats().meshes - before;
        assert_eq!(meshes, released);
        assert!(program.pages().physical_pages() <= physical - released);
        assert!(meshes >= found && meshes - found <= groups / SCATTERED_SHARE);
        taken_apart += meshes - found;
        program.write_all();
    }
    assert!(taken_apart > 0);
    program.end();
}

#[test]
fn nothing_is_meshed_unless_it_is_enabled() {
    let program = sparse::<ComplementMesher>(&classes());
    program.heap.disable_meshing();
    program.heap.below().purge();
    let before = program.pages().physical_pages();
    assert_eq!((program.heap.mesh_cycle(), program.heap.compact()), (0, 0));
    assert_eq!(program.pages().physical_pages(), before);
    assert_eq!(program.heap.mesh_stats().cycles, 0);
    // SAFETY: there is one thread, which is never caught at a protected page.
    unsafe { program.heap.enable_meshing() };
    assert!(program.heap.mesh_cycle() > 0);
    program.end();
}

#[test]
fn a_cycle_asks_its_guard() {
    thread_local!(static HOLDS: std::cell::Cell<bool> = const { std::cell::Cell::new(false) });
    let program = sparse::<ComplementMesher>(&classes());
    // SAFETY: there is one thread, which is never caught at a protected page.
    unsafe { program.heap.enable_meshing_guarded(|| HOLDS.get()) };
    assert_eq!(program.heap.mesh_cycle(), 0);
    assert_eq!(program.heap.mesh_stats().cycles, 0);
    HOLDS.set(true);
    assert!(program.heap.mesh_cycle() > 0);
    program.end();
}

/// Where somebody may write who does not wait at every barrier, nothing is protected but behind one at which the kernel
/// waits, whatever was meshed before.
#[test]
fn unnamed_writers_permit_only_a_barrier_at_which_the_kernel_waits() {
    let mut program = Program::<ComplementMesher>::new(PAGES);
    let class = class_of(1024);
    let fragment = |program: &mut Program<ComplementMesher>| {
        for _ in 0..20 {
            program.allocate(class, OwnerId(1), 16);
        }
        program.thin_out(5);
    };
    let stop_the_kernel = |program: &Program<ComplementMesher>, stops| {
        let flag = &program.pages().stops_the_kernel;
        flag.store(stops, Ordering::Relaxed);
    };
    program.heap.expect_unnamed_writers();
    stop_the_kernel(&program, false);
    fragment(&mut program);
    assert_eq!(program.heap.possible_bytes(), 0);
    assert_eq!(program.heap.mesh_cycle(), 0);
    stop_the_kernel(&program, true);
    assert!(program.heap.possible_bytes() > 0);
    assert!(program.heap.mesh_cycle() > 0);
    stop_the_kernel(&program, false);
    fragment(&mut program);
    let meshes = program.heap.mesh_stats().meshes;
    assert_eq!(program.heap.mesh_cycle(), 0);
    assert_eq!(program.heap.mesh_stats().meshes, meshes);
    program.end();
}

#[test]
fn slots_of_two_kibibytes_are_meshed_behind_any_barrier() {
    let mut program = Program::<ComplementMesher>::new(PAGES);
    let flag = &program.pages().stops_the_kernel;
    flag.store(false, Ordering::Relaxed);
    for _ in 0..40 {
        program.allocate(class_of(2048), OwnerId(1), 16);
    }
    program.thin_out(5);
    assert!(program.heap.mesh_cycle() > 0);
    program.end();
}

#[test]
fn what_is_kept_apart_is_never_meshed() {
    for size in [16, 256, 472, 2048] {
        let mut program = Program::<ComplementMesher>::new(PAGES);
        let class = SpanClasses::class_of_apart(size).expect("a small size");
        for _ in 0..40 {
            program.allocate(class, OwnerId(1), 16);
        }
        program.thin_out(5);
        let before = program.pages().physical_pages();
        assert_eq!(program.heap.possible_bytes(), 0);
        assert_eq!(program.heap.mesh_cycle(), 0);
        assert_eq!(program.pages().physical_pages(), before);
        program.end();
    }
}

#[test]
fn large_slots_are_never_meshed() {
    let mut program = Program::<ComplementMesher>::new(PAGES);
    let class = class_of(2560);
    for _ in 0..20 {
        program.allocate(class, OwnerId(1), 16);
    }
    program.thin_out(5);
    let before = program.pages().physical_pages();
    assert_eq!(program.heap.possible_bytes(), 0);
    assert_eq!(program.heap.mesh_cycle(), 0);
    assert_eq!(program.pages().physical_pages(), before);
    program.end();
}

/// A dead group is taken into use again where it is, on its shared pages.
#[test]
fn a_dead_group_serves_the_next_refill() {
    let mut program = Program::<ComplementMesher>::new(PAGES);
    let class = class_of(512);
    // Two spans of eight slots, each with one slot in use, and not the same one.
    program.allocate(class, OwnerId(1), 8);
    program.allocate(class, OwnerId(1), 8);
    let [kept, moved] = [program.objects[0], program.objects[9]];
    let others: Vec<Object> = program.objects.clone();
    let others: Vec<_> = others
        .into_iter()
        .filter(|&object| object != kept && object != moved)
        .collect();
    program.release(&others);
    assert_eq!(program.heap.mesh_cycle(), PAGE);
    program.release(&[kept, moved]);
    let stats = program.heap.class_stats(class);
    assert_eq!((stats.live, stats.groups), (0, 1));
    program.allocate(class, OwnerId(2), 8);
    let after = program.heap.class_stats(class);
    assert_eq!((after.live, after.groups, after.made), (8, 1, stats.made));
    program.check();
    program.write_all();
    program.end();
}

/// Two spans of 256 slots need an index of 256 columns before anything is compared.
#[test]
fn a_few_spans_of_many_slots_are_searched_too() {
    let span = |slot: usize| {
        let mut live = SpanBits::EMPTY;
        live.insert(slot);
        Candidate {
            live,
            tag: 0,
            weight: 1,
            is_host: false,
        }
    };
    let spans = [span(0), span(255)];
    let mut scratch = vec![0; ComplementMesher::scratch_words(2, 256)];
    let mut found = 0;
    ComplementMesher.find(&spans, 256, &mut scratch, &mut budget(2), |_| {
        found += 1;
        ControlFlow::Continue(())
    });
    assert_eq!(found, 1);
}

#[test]
fn a_cycle_leaves_alone_what_may_be_read_directly() {
    let program = sparse::<ComplementMesher>(&classes());
    // SAFETY: there is one thread, which is never caught at a protected page.
    unsafe { program.heap.enable_meshing() };
    program.heap.mesh_only_below(16);
    assert_eq!(program.heap.mesh_cycle(), 0);
    assert_eq!(program.heap.mesh_stats().meshes, 0);
    program.end();
}

#[test]
fn hosts_that_are_neighbours_are_shared_at_once() {
    let class = class_of(512);
    let mut program = Program::<ComplementMesher>::new(PAGES);
    for _ in 0..120 {
        assert!(program.allocate(class, OwnerId(1), 16) > 0);
    }
    program.thin_out(2);
    program.heap.mesh_cycle();
    program.check();
    let meshes = program.heap.mesh_stats().meshes;
    let shared = program.heap.class(class).groups();
    let protected = program.pages().refusals.calls_named("protect") as usize;
    assert!(meshes > 60, "{meshes} meshes");
    // One by one it would be once for each that joins, and once for each that is joined.
    let at_once = shared - (protected - meshes).min(shared);
    assert!(
        at_once > shared / 3,
        "{meshes} meshes, {shared} groups, {protected} protected"
    );
    program.write_all();
    program.end();
}
