//! Copies of shared pages, for a child.

use arena::{Arena, Os};
use heap::{ForkPages, Remapping, WriteProtection};

use crate::bytes::{Owned, PAGE};
use crate::confined::Confined;
use crate::sharing::{put, span};

/// Two spans on the same shared pages, those of the first.
fn group<O: Os>(arena: &Arena<O>) -> [Owned; 2] {
    let spans = [span(arena, 2), span(arena, 2)];
    spans[0].write(10, b"first");
    spans[1].write(PAGE + 20, b"second");
    assert!(put(arena, &spans[0], spans[0].run, 0, 2 * PAGE));
    assert!(put(arena, &spans[1], spans[0].run, PAGE + 20, 6));
    spans
}

/// Puts a span that is protected onto the copy, as a child does.
fn adopt<O: Os>(arena: &Arena<O>, span: &Owned, home: &Owned) {
    // SAFETY: the copy holds what the shared pages held.
    unsafe { arena.alias(span.run, home.run.first) }.unwrap();
}

#[test]
fn a_child_gets_pages_of_its_own() {
    let arena = Arena::new(Confined::to(16 << 20));
    let [one, other] = group(&arena);
    arena.reserve_snapshot(one.run).unwrap();
    arena.lock_for_fork();
    let barrier = arena.begin_barrier();
    arena.protect(one.run).unwrap();
    arena.protect(other.run).unwrap();
    arena.copy_to_snapshot(one.run);
    arena.lock_shared_for_fork();
    // SAFETY: taken above.
    unsafe { arena.unlock_after_fork() };
    let mappings = arena.os().mappings();
    arena.adopt_snapshot();
    assert_eq!(
        arena.os().mappings(),
        mappings - 1,
        "the parent's window is gone"
    );
    adopt(&arena, &one, &one);
    // The other is still where the parent is: what is written through one is not seen there.
    one.write(300, b"the child's");
    assert_eq!(&other.bytes()[300..311], [0; 11]);
    assert_eq!(&other.bytes()[10..15], b"first");
    adopt(&arena, &other, &one);
    arena.end_barrier(barrier);
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

#[test]
fn a_span_that_cannot_be_put_onto_the_copy_gets_it_on_private_pages() {
    let arena = Arena::new(Confined::to(16 << 20));
    let [one, other] = group(&arena);
    arena.reserve_snapshot(one.run).unwrap();
    arena.copy_to_snapshot(one.run);
    arena.adopt_snapshot();
    // SAFETY: nobody else uses the span.
    unsafe { arena.make_private(other.run, one.run.first) }.unwrap();
    assert_eq!(&other.bytes()[10..15], b"first");
    assert_eq!(&other.bytes()[PAGE + 20..PAGE + 26], b"second");
    other.write(PAGE + 20, b"my own");
    assert_eq!(&one.bytes()[PAGE + 20..PAGE + 26], b"second");
    assert!(other.is_writable());
}

#[test]
fn a_parent_forgets_the_copies_and_nothing_else() {
    let arena = Arena::new(Confined::to(16 << 20));
    let [one, other] = group(&arena);
    let mappings = || (arena.stats().mappings, arena.os().mappings());
    // The first copies bring a table along, which stays.
    arena.reserve_snapshot(one.run).unwrap();
    arena.drop_snapshot();
    let before = mappings();
    arena.reserve_snapshot(one.run).unwrap();
    assert_eq!(arena.os().mappings(), before.1 + 1);
    arena.copy_to_snapshot(one.run);
    arena.drop_snapshot();
    other.write(PAGE + 20, b"still!");
    assert_eq!(&one.bytes()[PAGE + 20..PAGE + 26], b"still!");
    assert_eq!(mappings(), before);
    // Again, since forks come more than once.
    arena.reserve_snapshot(one.run).unwrap();
    arena.copy_to_snapshot(one.run);
    arena.drop_snapshot();
    assert_eq!(&one.bytes()[10..15], b"first");
}
