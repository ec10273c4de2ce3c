//! When upkeep does what, on a clock that the test moves.

use core::sync::atomic::Ordering;

use fakepages::PAGE;
use globalheap::CentralHeap;
use globalheap::tuning::SLICE_PAUSE_MS;
use heap::{ClassMap, Grain, OwnerId};
use meshing::{ComplementMesher, NoMesh};
use miniheap::SpanClasses;

use super::Program;
use super::program::{Object, class_of};
use crate::tuning::{LONGEST_PAUSE, PERIOD_MS, WORTHWHILE};
use crate::{MeshPolicy, Sleep};

/// Enough for spans that promise twice what is worthwhile.
const PAGES: u32 = (3 * WORTHWHILE / PAGE) as u32;

/// The slot of an object of `class_of(512)`, whose spans are a page long.
fn slot_of(object: &Object) -> usize {
    object.start.addr().get() % PAGE / SpanClasses::object_size(object.class)
}

/// A program with `spans` spans of eight slots. Of each span `kept` chooses which of its objects stay, by slot.
fn spans_with<M: MeshPolicy>(spans: usize, kept: impl Fn(usize) -> bool) -> Program<M> {
    let mut program = Program::new(PAGES);
    for _ in 0..spans {
        assert_eq!(program.allocate(class_of(512), OwnerId(1), 8), 8);
    }
    let given_up = program
        .objects
        .iter()
        .filter(|object| !kept(slot_of(object)));
    let given_up: Vec<_> = given_up.copied().collect();
    program.release(&given_up);
    program
}

fn cycles<M: MeshPolicy>(program: &Program<M>) -> usize {
    program.heap.mesh_stats().cycles
}

/// Lets time pass, millisecond by millisecond, and returns when cycles began.
fn cycle_times<M: MeshPolicy>(program: &Program<M>, milliseconds: u64) -> Vec<u64> {
    let mut times = Vec::new();
    for _ in 0..milliseconds {
        program.pages().advance_clock(1);
        let before = cycles(program);
        program.heap.upkeep();
        if cycles(program) > before {
            times.push(heap::Upkeep::clock_ms(program.pages()));
        }
    }
    times
}

#[test]
fn possible_bytes_are_those_of_spans_that_full_ones_could_replace() {
    let mut program = spans_with::<ComplementMesher>(40, |slot| slot == 0);
    // 40 objects fit into 5 spans of eight.
    assert_eq!(program.heap.possible_bytes(), 35 * PAGE);
    let some: Vec<_> = program.objects[..3].to_vec();
    program.release(&some);
    assert_eq!(program.heap.possible_bytes(), 32 * PAGE);
    while program.objects.len() < 8 * 37 {
        program.allocate(class_of(512), OwnerId(1), 8);
    }
    assert_eq!(program.heap.possible_bytes(), 0);
    program.end();
}

#[test]
fn meshing_realizes_what_is_possible() {
    let program = spans_with::<ComplementMesher>(40, |slot| slot % 2 == 0);
    let possible = program.heap.possible_bytes();
    let released = program.heap.mesh_cycle();
    assert_eq!(released, 0, "the same two slots are in use in all spans");
    assert_eq!(program.heap.possible_bytes(), possible);
    program.end();

    let mut program = Program::<ComplementMesher>::new(PAGES);
    program.allocate(class_of(512), OwnerId(1), 16);
    let stays = |object: &Object| slot_of(object) == object.start.addr().get() / PAGE % 8;
    let given_up = program.objects.iter().filter(|object| !stays(object));
    let given_up: Vec<_> = given_up.copied().collect();
    program.release(&given_up);
    assert_eq!(program.objects.len(), 2);
    assert_eq!(program.heap.possible_bytes(), PAGE);
    assert_eq!(program.heap.mesh_cycle(), PAGE);
    assert_eq!(program.heap.possible_bytes(), 0);
    program.end();
}

#[test]
fn no_cycle_starts_by_itself_for_little() {
    let spans = WORTHWHILE / PAGE;
    let program = spans_with::<ComplementMesher>(spans, |slot| slot == 0);
    assert!(program.heap.possible_bytes() < WORTHWHILE);
    assert_eq!(cycle_times(&program, 5 * PERIOD_MS), []);
    // With a shorter period less is enough.
    program.heap.set_period(PERIOD_MS / 10);
    assert!(!cycle_times(&program, 5 * PERIOD_MS).is_empty());
    program.end();
}

#[test]
fn cycles_that_achieve_nothing_come_less_and_less_often() {
    // The same slot is in use in all spans: much seems possible, and nothing is.
    let program = spans_with::<ComplementMesher>(2 * WORTHWHILE / PAGE, |slot| slot == 0);
    assert!(program.heap.possible_bytes() > WORTHWHILE);
    let times = cycle_times(&program, 3 * LONGEST_PAUSE * PERIOD_MS);
    let pauses: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(pauses.is_sorted(), "{pauses:?}");
    assert!(pauses[0] >= 2 * PERIOD_MS, "{pauses:?}");
    let longest = LONGEST_PAUSE * PERIOD_MS;
    // A cycle starts when somebody looks, which is not every millisecond.
    let late = PERIOD_MS;
    for pair in pauses.windows(2) {
        let expected = (2 * pair[0]).min(longest);
        assert!(
            pair[1] <= expected + late && pair[1] + 2 * late >= expected,
            "{pauses:?}"
        );
    }
    assert!(pauses.iter().any(|&pause| pause >= longest), "{pauses:?}");
    assert_eq!(program.heap.mesh_stats().meshes, 0);
    program.end();
}

#[test]
fn a_cycle_that_helps_is_followed_by_the_next_after_one_period() {
    let mut program = spans_with::<ComplementMesher>(2 * WORTHWHILE / PAGE, |slot| slot == 0);
    let in_vain = cycle_times(&program, 20 * PERIOD_MS);
    assert!(in_vain.len() > 2 && program.heap.mesh_stats().meshes == 0);
    for round in 0..2 {
        // Fill all spans, and keep one object of each, in different slots.
        while program.allocate(class_of(512), OwnerId(1), 64) > 0 {}
        let address = |object: &Object| object.start.addr().get();
        let stays = |object: &Object| slot_of(object) == address(object) / PAGE % 8;
        let given_up = program.objects.iter().filter(|object| !stays(object));
        let given_up: Vec<_> = given_up.copied().collect();
        program.release(&given_up);
        assert!(program.heap.possible_bytes() > WORTHWHILE, "round {round}");
        // The first may have to wait for the end of the long pause.
        let wait = if round == 0 { LONGEST_PAUSE } else { 2 };
        let times = cycle_times(&program, wait * PERIOD_MS);
        assert_eq!(times.len(), 1, "round {round}: {times:?}");
        assert!(program.heap.possible_bytes() < WORTHWHILE);
        // All spans go home, those on shared pages too.
        let all = program.objects.clone();
        program.release(&all);
        program.heap.mesh_cycle();
        program.heap.below().purge();
        program.pages().verify_empty();
    }
    program.end();
}

#[test]
fn pages_are_looked_at_now_and_then_and_not_more_often() {
    let program = spans_with::<NoMesh>(1, |_| true);
    program.pages().purges.lock().unwrap().clear();
    assert_eq!(cycle_times(&program, 1_000), [], "nothing is ever meshed");
    let purges = program.pages().purges.lock().unwrap().clone();
    assert!(purges.iter().all(|&(_, all)| !all));
    assert!((10..=30).contains(&purges.len()), "{purges:?}");
    let apart = |pair: &[(u64, bool)]| pair[1].0 - pair[0].0 >= 40;
    assert!(purges.windows(2).all(apart), "{purges:?}");
    program.end();
}

#[test]
fn pages_that_take_long_to_give_back_go_in_parts() {
    const PARTS: usize = 5;
    let program = spans_with::<NoMesh>(1, |_| true);
    let times = || program.pages().purges.lock().unwrap().clone();
    let begin = || {
        program.pages().advance_clock(1_000);
        program.pages().purges.lock().unwrap().clear();
        let parts = &program.pages().purge_parts;
        parts.store(PARTS, Ordering::Relaxed);
    };
    begin();
    cycle_times(&program, 20);
    let soon = |pair: &[(u64, bool)]| pair[1].0 - pair[0].0 == SLICE_PAUSE_MS;
    assert_eq!(times().len(), PARTS);
    assert!(times().windows(2).all(soon), "{:?}", times());
    begin();
    let idle = Sleep(0);
    for _ in 1..PARTS {
        assert!(program.heap.before_sleep(idle), "there is more");
    }
    assert!(!program.heap.before_sleep(idle));
    assert!(!program.heap.before_sleep(idle), "it is not time");
    assert_eq!(times().len(), PARTS);
    begin();
    while program.heap.below().purge_slice() {}
    assert_eq!(times().len(), PARTS);
    program.end();
}

#[test]
fn what_waits_for_other_threads_goes_home_when_pages_are_looked_at() {
    type Order = fn(&Program);
    let orders: [Order; 3] = [
        |program| program.heap.upkeep(),
        |program| {
            let _ = program.heap.before_sleep(Sleep(0));
        },
        |program| {
            program.heap.compact();
        },
    ];
    for order in orders {
        let mut program = Program::new(PAGES);
        let class = class_of(64);
        program.allocate(class, OwnerId(1), 300);
        let objects = std::mem::take(&mut program.objects);
        let slots: Vec<_> = objects.iter().map(|object| object.start).collect();
        for slot in &slots {
            program.pages().forget(slot.addr().get());
        }
        // SAFETY: the program had these objects, and has given them up.
        unsafe { program.heap.hand_over(class, &slots) };
        assert!(program.heap.waiting_bytes() > 0);
        program.pages().advance_clock(PERIOD_MS);
        order(&program);
        assert_eq!(program.heap.waiting_bytes(), 0);
        program.end();
    }
}

#[test]
fn a_sleep_changes_nothing_before_the_next_look_is_due() {
    let program = spans_with::<ComplementMesher>(2 * WORTHWHILE / PAGE, |slot| slot == 0);
    let purges = || program.pages().purges.lock().unwrap().len();
    program.heap.upkeep();
    let before = purges();
    for sleep in [Sleep(1), Sleep(60_000), Sleep(0)] {
        assert!(!program.heap.wants_upkeep(sleep));
        assert!(!program.heap.before_sleep(sleep));
    }
    assert_eq!((purges(), cycles(&program)), (before, 0));
    program.pages().advance_clock(PERIOD_MS);
    assert!(program.heap.wants_upkeep(Sleep(60_000)));
    let _ = program.heap.before_sleep(Sleep(60_000));
    assert_eq!((purges(), cycles(&program)), (before + 1, 1));
    program.end();
}

#[test]
fn the_longest_period_means_never() {
    let program = spans_with::<ComplementMesher>(2 * WORTHWHILE / PAGE, |slot| slot == 0);
    program.heap.set_period(u64::MAX);
    // The first look comes at once; after it there is none.
    assert!(cycle_times(&program, 10 * PERIOD_MS).len() <= 1);
    program.end();
}

#[test]
fn what_comes_up_after_cycles_in_vain_is_looked_at_after_one_period() {
    // The same slot is in use in all spans, so cycles achieve nothing, and come less and less often.
    let mut program = spans_with::<ComplementMesher>(5 * WORTHWHILE / 4 / PAGE, |slot| slot == 0);
    let in_vain = cycle_times(&program, 3 * LONGEST_PAUSE * PERIOD_MS);
    assert!(in_vain.len() < 20, "{in_vain:?}");
    // More than as much again, in another class.
    let class = class_of(256);
    while program.allocate(class, OwnerId(1), 64) > 0 {}
    let address = |object: &Object| object.start.addr().get();
    let slots = usize::from(SpanClasses::geometry(class, Grain::PAGE).slots);
    let stays = |object: &Object| {
        object.class != class || slot_of(object) == address(object) / PAGE % slots
    };
    let given_up = program.objects.iter().filter(|object| !stays(object));
    let given_up: Vec<_> = given_up.copied().collect();
    program.release(&given_up);
    let before = program.heap.mesh_stats().meshes;
    assert!(!cycle_times(&program, 2 * PERIOD_MS).is_empty());
    assert!(program.heap.mesh_stats().meshes > before);
    program.end();
}
