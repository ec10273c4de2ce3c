//! Copies of shared pages, for a child.

use std::ops::Range;

use arena::{Arena, FailNth, Os};
use heap::{ForkLock, ForkPages, KeptOut, Remapping, WriteProtection};

use crate::bytes::{Owned, PAGE};
use crate::confined::Confined;
use crate::spans::{put, span};

/// Two spans on the same shared pages, those of the first.
fn group<O: Os>(arena: &Arena<O>) -> [Owned; 2] {
    let spans = [span(arena, 2), span(arena, 2)];
    spans[0].write(10, b"first");
    spans[1].write(PAGE + 20, b"second");
    assert!(put(arena, &spans[0], spans[0].run, 0, 2 * PAGE));
    assert!(put(arena, &spans[1], spans[0].run, PAGE + 20, 6));
    spans
}

fn open<O: Os>(arena: &Arena<O>) {
    let held = arena.hold_mappings();
    arena.open_snapshot().unwrap();
    arena.let_mappings_go(held);
}

#[test]
fn a_child_gets_pages_of_its_own() {
    let arena = Arena::new(Confined::to(16 << 20));
    let [one, other] = group(&arena);
    open(&arena);
    arena.lock_for_fork();
    let barrier = arena.begin_barrier();
    let mut ways = KeptOut::default();
    arena.each_shared(|_, run| arena.protect_for_fork(run, &mut ways).unwrap());
    assert!(ways.by_signal && !ways.in_kernel);
    assert!(!one.is_writable() && !other.is_writable());
    arena.copy_to_snapshot();
    arena.lock_windows_for_fork();
    // SAFETY: taken above.
    unsafe { arena.unlock_windows_after_fork() };
    let mappings = arena.os().mappings();
    arena.adopt_snapshot().unwrap();
    assert_eq!(
        arena.os().mappings(),
        mappings - 1,
        "the parent's window is gone"
    );
    arena.end_barrier(barrier);
    // SAFETY: taken above.
    unsafe { arena.unlock_after_fork() };
    one.write(300, b"the child's");
    for span in [&one, &other] {
        assert_eq!(&span.bytes()[300..311], b"the child's");
        assert_eq!(&span.bytes()[10..15], b"first");
        assert_eq!(&span.bytes()[PAGE + 20..PAGE + 26], b"second");
        assert!(span.is_writable());
    }
    // From here on the copies are the shared pages: a third span can join, and all can be dissolved.
    let third = span(&arena, 2);
    third.write(40, b"third");
    assert!(put(&arena, &third, one.run, 40, 5));
    assert_eq!(&one.bytes()[40..45], b"third");
    for span in [third, other, one] {
        // SAFETY: the span is shared, and given up.
        unsafe { arena.dissolve(span.run) }.unwrap();
    }
    // SAFETY: nobody is on them any more.
    unsafe { arena.free_shared(one.run) };
    let stats = arena.stats();
    assert_eq!(stats.clean, 6 * PAGE);
    assert_eq!(stats.mappings, 1, "the window is all that is left");
}

/// Two groups that are so far apart that their shared pages are in two pieces of the window.
fn two_groups_apart<O: Os>(arena: &Arena<O>) -> [[Owned; 2]; 2] {
    let one = group(arena);
    for _ in 0..(17 << 20) / (16 * PAGE) {
        let _ = span(arena, 16);
    }
    [one, group(arena)]
}

#[test]
fn calls_that_are_refused_for_a_moment_do_not_stop_a_fork() {
    let apart = || {
        let arena = Arena::new(FailNth::new(Confined::to(64 << 20)));
        let groups = two_groups_apart(&arena);
        (arena, groups)
    };
    let (arena, _) = apart();
    let before = arena.os().calls();
    open(&arena);
    let calls = arena.os().calls() - before;
    assert!(calls > 6, "two pieces are mapped");
    // Three in a row, when the first piece is mapped: the second one, giving ballast up, and the second once more.
    let first_piece = 3;
    let once = (0..calls).map(|nth| nth..nth + 1);
    let refused = once.chain((first_piece..calls).map(|nth| nth..nth + 3));
    for Range { start, end } in refused {
        let (arena, groups) = apart();
        arena.os().refuse(start, end);
        open(&arena);
        arena.copy_to_snapshot();
        arena.adopt_snapshot().unwrap();
        for [one, other] in groups {
            assert_eq!(&one.bytes()[10..15], b"first");
            assert_eq!(&other.bytes()[PAGE + 20..PAGE + 26], b"second");
            for span in [&other, &one] {
                // SAFETY: the span is shared, and given up.
                unsafe { arena.dissolve(span.run) }.unwrap();
            }
            // SAFETY: nobody is on them any more.
            unsafe { arena.free_shared(one.run) };
        }
    }
}

#[test]
fn a_span_that_cannot_be_put_onto_the_copy_gets_it_on_private_pages() {
    let arena = Arena::new(Confined::to(16 << 20));
    let [one, other] = group(&arena);
    open(&arena);
    arena.copy_to_snapshot();
    // SAFETY: nobody else uses the span, which the child's step passes over then.
    unsafe { arena.make_private(other.run, one.run.first) }.unwrap();
    arena.adopt_snapshot().unwrap();
    assert_eq!(&other.bytes()[10..15], b"first");
    assert_eq!(&other.bytes()[PAGE + 20..PAGE + 26], b"second");
    other.write(PAGE + 20, b"my own");
    assert_eq!(&one.bytes()[PAGE + 20..PAGE + 26], b"second");
    assert!(other.is_writable());
}

/// Shared pages are copied although the span that they are named for is not on them, as in a child that could not put it there.
#[test]
fn what_lies_on_another_ones_pages_is_copied_without_that_one() {
    let arena = Arena::new(Confined::to(16 << 20));
    let [one, other] = group(&arena);
    // SAFETY: nobody else uses the span.
    unsafe { arena.make_private(one.run, one.run.first) }.unwrap();
    open(&arena);
    arena.copy_to_snapshot();
    arena.adopt_snapshot().unwrap();
    assert_eq!(&other.bytes()[10..15], b"first");
    assert_eq!(&other.bytes()[PAGE + 20..PAGE + 26], b"second");
}

/// A dead span may outlive the pages that it lies on: its addresses are kept, and nothing is copied for it.
#[test]
fn the_addresses_of_dead_spans_are_taken() {
    let arena = Arena::new(Confined::to(16 << 20));
    let [one, other] = group(&arena);
    // SAFETY: the span is shared, and given up.
    unsafe { arena.dissolve(one.run) }.unwrap();
    // SAFETY: the other one is given up too.
    unsafe { arena.free_shared(one.run) };
    open(&arena);
    let mappings = arena.os().mappings();
    arena.copy_to_snapshot();
    arena.adopt_snapshot().unwrap();
    assert_eq!(arena.os().mappings(), mappings - 1, "there were no copies");
    let start = other.bytes().as_ptr().cast_mut();
    // SAFETY: asks about a page, and changes nothing.
    let synced = unsafe { libc::msync(start.cast(), PAGE, libc::MS_ASYNC) };
    assert_eq!(synced, 0, "something is there");
    // SAFETY: the span counts as shared, and is given up.
    unsafe { arena.dissolve(other.run) }.unwrap();
    assert_eq!(arena.stats().clean, 4 * PAGE);
}

#[test]
fn a_parent_forgets_the_copies_and_nothing_else() {
    let arena = Arena::new(Confined::to(16 << 20));
    let [one, other] = group(&arena);
    let mappings = || (arena.stats().mappings, arena.os().mappings());
    // The first copies bring a table along, which stays.
    open(&arena);
    arena.drop_snapshot();
    let before = mappings();
    open(&arena);
    assert_eq!(arena.os().mappings(), before.1 + 1);
    // There is room already.
    open(&arena);
    assert_eq!(arena.os().mappings(), before.1 + 1);
    arena.copy_to_snapshot();
    arena.drop_snapshot();
    other.write(PAGE + 20, b"still!");
    assert_eq!(&one.bytes()[PAGE + 20..PAGE + 26], b"still!");
    assert_eq!(mappings(), before);
    // Again, since forks come more than once.
    open(&arena);
    arena.copy_to_snapshot();
    arena.drop_snapshot();
    assert_eq!(&one.bytes()[10..15], b"first");
}
