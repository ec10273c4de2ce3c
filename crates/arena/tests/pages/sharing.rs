//! Several spans on one physical span.

use arena::{Arena, FailNth};
use heap::{ForkPages, PageCount, Refused, Remapping, Run, SpanPages};

use crate::bytes::{Owned, PAGE};
use crate::confined::Confined;
use crate::spans::{SMALL, put, span};

#[test]
fn shared_spans_are_one_physical_span() {
    let arena = Arena::new(Confined::to(SMALL));
    let (one, other) = (span(&arena, 2), span(&arena, 2));
    one.write(64, b"one's object");
    other.write(PAGE + 128, b"the other's");
    assert!(put(&arena, &one, one.run, 0, one.len()));
    assert!(put(&arena, &other, one.run, PAGE + 128, 11));
    // Each sees all objects, at the same offsets.
    for span in [&one, &other] {
        assert_eq!(&span.bytes()[64..76], b"one's object");
        assert_eq!(&span.bytes()[PAGE + 128..PAGE + 139], b"the other's");
    }
    other.write(4000, b"written through the other");
    assert_eq!(&one.bytes()[4000..4025], b"written through the other");
    one.write(5000, b"and through one");
    assert_eq!(&other.bytes()[5000..5015], b"and through one");
    assert!(one.is_writable() && other.is_writable());
}

#[test]
fn a_dissolved_span_is_an_unused_clean_run_and_leaves_the_others_alone() {
    let arena = Arena::new(Confined::to(SMALL));
    let (one, other) = (span(&arena, 3), span(&arena, 3));
    one.fill(1);
    let before = arena.stats();
    assert!(put(&arena, &one, one.run, 0, one.len()));
    assert!(put(&arena, &other, one.run, 0, 0));
    assert!(arena.stats().mappings > before.mappings);
    // SAFETY: the span is shared, and given up.
    unsafe { arena.dissolve(other.run) }.unwrap();
    one.verify(1, 3);
    assert_eq!(arena.stats().clean, before.clean + other.len());
    // SAFETY: the last span on these shared pages, and given up.
    unsafe { arena.dissolve(one.run) }.unwrap();
    // SAFETY: nobody is on them any more.
    unsafe { arena.free_shared(one.run) };
    let after = arena.stats();
    assert_eq!(after.clean, before.clean + 2 * one.len());
    // The window's own mapping stays.
    assert_eq!(after.mappings, before.mappings + 1);
    // Neighbours again, so that both fit into one run of zeros.
    let again = arena.allocate_span(PageCount(6)).unwrap();
    assert!(Owned::of(&arena, again, PageCount(6)).is_zero());
}

#[test]
fn freed_shared_pages_come_back_as_zeros() {
    let arena = Arena::new(Confined::to(SMALL));
    let (one, other) = (span(&arena, 1), span(&arena, 1));
    one.fill(7);
    assert!(put(&arena, &one, one.run, 0, PAGE));
    // SAFETY: the span is shared, and given up.
    unsafe { arena.dissolve(one.run) }.unwrap();
    // SAFETY: nobody is on them any more.
    unsafe { arena.free_shared(one.run) };
    other.write(100, b"x");
    assert!(put(&arena, &other, one.run, 100, 1));
    let mut expected = [0; PAGE];
    expected[100] = b'x';
    assert_eq!(other.bytes(), expected);
}

#[test]
fn shared_pages_are_made_present_when_they_are_opened() {
    let arena = Arena::new(FailNth::new(Confined::to(SMALL)));
    let (one, other) = (span(&arena, 2), span(&arena, 2));
    assert!(put(&arena, &one, one.run, 0, 0));
    // Everything else is mapped by now: what is asked for is memory.
    arena.os().refuse(0, 1);
    assert_eq!(arena.open_shared(other.run), Err(Refused));
    assert_eq!(arena.os().calls(), 1);
    assert_eq!(arena.open_shared(other.run), Ok(()));
    arena.close_shared();
}

#[test]
fn shared_pages_of_which_a_part_was_freed_are_made_present_again() {
    let arena = Arena::new(FailNth::new(Confined::to(SMALL)));
    let (one, stretch) = (span(&arena, 2), span(&arena, 3));
    assert!(put(&arena, &one, one.run, 0, 0));
    assert_eq!(arena.open_shared(stretch.run), Ok(()));
    let calls = || {
        arena.os().refuse(0, 0);
        assert_eq!(arena.open_shared(stretch.run), Ok(()));
        arena.os().calls()
    };
    assert_eq!(calls(), 0, "they are open");
    let part = Run {
        first: stretch.run.first.plus(PageCount(2)),
        pages: PageCount(1),
    };
    // SAFETY: nobody was put onto them.
    unsafe { arena.free_shared(part) };
    assert_eq!(calls(), 1);
    arena.close_shared();
}

#[test]
fn a_run_that_crosses_chunks_of_the_window_is_refused_and_stays_whole() {
    const CHUNK: usize = 16 << 20;
    let arena = Arena::new(Confined::to(4 * CHUNK));
    let page = |span: &Owned| span.run.first.index();
    let crosses = |span: &Owned| page(span) * PAGE / CHUNK != (page(span) + 2) * PAGE / CHUNK;
    let spans = std::iter::repeat_with(|| span(&arena, 3)).take(5000);
    let span = spans
        .into_iter()
        .find(crosses)
        .expect("one of them crosses");
    span.fill(9);
    assert!(!put(&arena, &span, span.run, 0, span.len()));
    span.verify(9, 3);
    assert!(span.is_writable());
}

#[test]
fn pages_that_are_shared_are_found_in_their_order() {
    let arena = Arena::new(Confined::to(SMALL));
    let spans: Vec<_> = (0..9).map(|_| span(&arena, 2)).collect();
    let found = || {
        let mut runs = Vec::new();
        arena.each_shared(|_, run| runs.push(run));
        runs
    };
    assert_eq!(found(), []);
    let mut shared: Vec<_> = spans.iter().step_by(3).map(|span| span.run).collect();
    for span in spans.iter().step_by(3) {
        assert!(put(&arena, span, span.run, 0, PAGE));
    }
    shared.sort_by_key(|run| run.first.0);
    assert_eq!(found(), shared);
}
