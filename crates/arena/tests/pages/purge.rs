//! Unused pages go back to the system.

use std::sync::atomic::Ordering;

use arena::{Arena, FailNth};
use heap::{LargePages, PageCount, SpanPages, Upkeep};
use proptest::prelude::*;

use crate::bytes::{Owned, PAGE};
use crate::confined::Confined;
use crate::spans::span;

/// A large object of some pages, all written to.
fn large(arena: &Arena<FailNth<Confined>>, pages: u32) -> Owned {
    let run = arena
        .allocate_large(PageCount(pages), PageCount(1))
        .expect("there is room");
    let large = Owned::of(arena, run.first, PageCount(pages));
    assert!(!run.zeroed || large.is_zero());
    large.fill(1);
    large
}

fn arena() -> Arena<FailNth<Confined>> {
    Arena::new(FailNth::new(Confined::to(64 << 20)))
}

fn free(arena: &Arena<FailNth<Confined>>, large: &Owned) {
    // SAFETY: nobody uses the object any more.
    let freed = unsafe { arena.free_large(large.run.first) };
    assert_eq!(freed, Some(large.run.pages));
}

#[test]
fn pages_given_back_are_not_there_any_more() {
    let arena = arena();
    let (large, small) = (large(&arena, 1500), span(&arena, 20));
    small.fill(2);
    assert_eq!((large.resident(), small.resident()), (1500, 20));
    free(&arena, &large);
    // SAFETY: the span is private, and nobody uses it any more.
    unsafe { arena.free_span(small.run) };
    assert_eq!(arena.stats().dirty, 1520 * PAGE);
    assert_eq!(large.resident(), 1500, "they are kept for a while");
    assert!(!arena.purge(true, u64::MAX));
    let stats = arena.stats();
    assert_eq!((stats.dirty, stats.clean), (0, 1520 * PAGE));
    assert_eq!((large.resident(), small.resident()), (0, 0));
}

#[test]
fn pages_in_use_stay() {
    let arena = arena();
    let objects: Vec<_> = (0..40).map(|_| large(&arena, 3)).collect();
    for object in objects.iter().step_by(2) {
        free(&arena, object);
    }
    assert!(!arena.purge(true, u64::MAX));
    for (number, object) in objects.iter().enumerate() {
        if number % 2 == 0 {
            assert_eq!(object.resident(), 0);
        } else {
            object.verify(1, 3);
        }
    }
}

#[test]
fn unused_pages_decay() {
    const PERIOD_MS: u64 = 800;
    let os = Confined::to(64 << 20);
    let clock = os.clock();
    let arena = Arena::new(FailNth::new(os));
    arena.set_decay(PERIOD_MS);
    clock.store(10 * PERIOD_MS, Ordering::Relaxed);
    assert!(!arena.purge(false, u64::MAX));
    let large = large(&arena, 1000);
    free(&arena, &large);
    assert!(!arena.purge(false, u64::MAX));
    let step = || {
        clock.fetch_add(PERIOD_MS / 8, Ordering::Relaxed);
        assert!(!arena.purge(false, u64::MAX));
        arena.stats().dirty
    };
    let mut before = step();
    assert_eq!(before, 1000 * PAGE, "none is old yet");
    for _ in 0..8 {
        let now = step();
        assert!(now < before, "{now} of {before} bytes are left");
        before = now;
    }
    assert_eq!(before, 0);
    assert_eq!(large.resident(), 0);
}

#[test]
fn what_a_busy_program_does_without_goes_too() {
    const PERIOD_MS: u64 = 800;
    let os = Confined::to(64 << 20);
    let clock = os.clock();
    let arena = Arena::new(FailNth::new(os));
    arena.set_decay(PERIOD_MS);
    let burst = large(&arena, 1000);
    let _apart = large(&arena, 1);
    free(&arena, &burst);
    for _ in 0..40 {
        free(&arena, &large(&arena, 50));
        clock.fetch_add(PERIOD_MS / 20, Ordering::Relaxed);
        assert!(!arena.purge(false, u64::MAX));
    }
    assert_eq!(arena.stats().dirty, 50 * PAGE, "what goes to and fro stays");
}

#[test]
fn who_has_no_time_gives_back_a_part_and_goes_on_later() {
    let arena = arena();
    arena.set_decay(0);
    let all: Vec<_> = (0..40).map(|_| large(&arena, 3)).collect();
    let given_up = || all.iter().step_by(2);
    given_up().for_each(|large| free(&arena, large));
    let mut before = arena.stats().dirty;
    let mut parts = 1;
    while arena.purge(false, 0) {
        let now = arena.stats().dirty;
        assert!(now < before);
        (before, parts) = (now, parts + 1);
    }
    assert_eq!(parts, given_up().count() + 1);
    assert_eq!(arena.stats().dirty, 0);
}

#[test]
fn without_decay_nothing_stays() {
    let arena = arena();
    arena.set_decay(0);
    let large = large(&arena, 10);
    free(&arena, &large);
    assert!(!arena.purge(false, u64::MAX));
    assert_eq!((arena.stats().dirty, large.resident()), (0, 0));
}

#[test]
fn what_the_system_does_not_take_back_is_kept_and_not_called_zero() {
    let arena = arena();
    let kept = large(&arena, 10);
    free(&arena, &kept);
    arena.os().refuse(0, u64::MAX);
    assert!(!arena.purge(true, u64::MAX));
    arena.os().refuse(0, 0);
    let stats = arena.stats();
    assert_eq!(
        (stats.dirty, stats.clean, stats.hints_refused),
        (10 * PAGE, 0, 1)
    );
    let again = arena.allocate_large(PageCount(10), PageCount(1)).unwrap();
    assert_eq!((again.first, again.zeroed), (kept.run.first, false));
}

#[test]
fn locked_pages_are_kept_and_not_called_zero() {
    let arena = arena();
    let kept = large(&arena, 8);
    // SAFETY: the pages are there.
    let locked = unsafe { libc::mlock(kept.start().as_ptr().cast(), kept.len()) };
    assert_eq!(locked, 0, "32 KiB may be locked by anybody");
    free(&arena, &kept);
    assert!(!arena.purge(true, u64::MAX));
    assert_eq!(arena.stats().dirty, 8 * PAGE);
    let again = arena.allocate_large(PageCount(8), PageCount(1)).unwrap();
    assert_eq!((again.first, again.zeroed), (kept.run.first, false));
    kept.verify(1, 8);
}

#[derive(Clone, Debug)]
enum Step {
    Allocate(u32),
    Free(prop::sample::Index),
    Purge(bool),
    /// Let the system refuse some calls from here on.
    Refuse(u64),
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever was done to pages before: when a large object is said to be zero, it is.
    #[test]
    fn what_is_called_zero_is_zero(
        steps in prop::collection::vec(
            prop_oneof![
                4 => (1..30_u32).prop_map(Step::Allocate),
                3 => any::<prop::sample::Index>().prop_map(Step::Free),
                2 => any::<bool>().prop_map(Step::Purge),
                1 => (0..4_u64).prop_map(Step::Refuse),
            ],
            1..80,
        )
    ) {
        let arena = arena();
        arena.set_decay(0);
        let mut objects: Vec<Owned> = Vec::new();
        let mut zeroed = 0;
        for step in steps {
            match step {
                Step::Allocate(pages) => {
                    if let Some(run) = arena.allocate_large(PageCount(pages), PageCount(1)) {
                        let object = Owned::of(&arena, run.first, PageCount(pages));
                        prop_assert!(!run.zeroed || object.is_zero());
                        zeroed += usize::from(run.zeroed);
                        object.fill(1);
                        objects.push(object);
                    }
                }
                Step::Free(nth) => {
                    if !objects.is_empty() {
                        let object = objects.swap_remove(nth.index(objects.len()));
                        free(&arena, &object);
                    }
                }
                Step::Purge(all) => assert!(!arena.purge(all, u64::MAX)),
                Step::Refuse(calls) => arena.os().refuse(0, calls),
            }
        }
        // The promise is not kept by never making it.
        arena.os().refuse(0, 0);
        for object in &objects {
            free(&arena, object);
        }
        assert!(!arena.purge(true, u64::MAX));
        let run = arena.allocate_large(PageCount(30), PageCount(1)).unwrap();
        prop_assert!(run.zeroed || zeroed > 0);
        prop_assert!(!run.zeroed || Owned::of(&arena, run.first, PageCount(30)).is_zero());
    }
}
