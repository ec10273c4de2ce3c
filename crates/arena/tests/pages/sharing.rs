//! Several spans on one physical span.

use std::ops::Range;
use std::sync::atomic::Ordering;
use std::{fs, iter};

use arena::{Arena, FailNth, Linux, Os};
use heap::{
    ForkPages, OwnerId, PageCount, Refused, Remapping, Run, SizeClass, SpanId, SpanPages,
    WriteProtection,
};
use proptest::prelude::*;

use crate::bytes::{Owned, PAGE};
use crate::confined::Confined;

const SMALL: usize = 16 << 20;

/// A span of `pages` pages of small objects.
pub(crate) fn span<O: Os>(arena: &Arena<O>, pages: u32) -> Owned {
    let first = arena
        .allocate_span(PageCount(pages))
        .expect("there is room");
    let span = Owned::of(arena, first, PageCount(pages));
    arena.label_span(span.run, SizeClass(3), OwnerId(1), SpanId(first.0 as u32));
    span
}

/// Puts `span` onto the shared pages of `home`, with the bytes at `offset`, or back to where it was.
pub(crate) fn put<O: Os>(
    arena: &Arena<O>,
    span: &Owned,
    home: Run,
    offset: usize,
    len: usize,
) -> bool {
    let barrier = arena.begin_barrier();
    let done = arena.open_shared(home).is_ok() && arena.protect(span.run).is_ok() && {
        // SAFETY: the shared pages are open; these bytes are the span's, and nobody else uses the same ones.
        unsafe { arena.copy_to_shared(span.run.first, home.first, offset, len) };
        // SAFETY: the shared pages hold the bytes that the test looks at.
        let aliased = unsafe { arena.alias(span.run, home.first) };
        if aliased.is_err() {
            arena.unprotect(span.run);
        }
        aliased.is_ok()
    };
    arena.end_barrier(barrier);
    arena.close_shared();
    done
}

/// Mappings that the kernel has for the addresses of the arena.
pub(crate) fn kernel_mappings<O: Os>(arena: &Arena<O>) -> usize {
    let labels = arena.labels();
    let base = labels.address_of(labels.first());
    let range = base..base + labels.page_count() * PAGE;
    // The kernel shows its list piece by piece, and other tests change it meanwhile.
    let counts = iter::repeat_with(|| count_mappings(&range)).take(7);
    let counts: Vec<_> = counts.collect();
    let often = |count: &usize| counts.iter().filter(|other| *other == count).count();
    counts.iter().copied().max_by_key(often).expect("7 of them")
}

fn count_mappings(range: &Range<usize>) -> usize {
    let maps = fs::read_to_string("/proc/self/maps").expect("Linux");
    let address = |text: &str| usize::from_str_radix(text, 16).expect("hexadecimal");
    let in_range = |line: &&str| {
        let addresses = line
            .split(' ')
            .next()
            .and_then(|range| range.split_once('-'));
        let (start, end) = addresses.expect("a range of addresses");
        // Ends of the arena may be one mapping with what lies beside it.
        address(start) < range.end && range.start < address(end)
    };
    maps.lines().filter(in_range).count()
}

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
fn a_protected_run_lets_readers_go_on_and_no_writer() {
    let arena = Arena::new(Confined::to(SMALL));
    let (run, behind) = (span(&arena, 3), span(&arena, 1));
    run.fill(5);
    let barrier = arena.begin_barrier();
    assert_eq!(arena.barrier().phase() % 2, 1);
    arena.protect(run.run).unwrap();
    assert!(!run.is_writable() && behind.is_writable());
    run.verify(5, 3);
    arena.unprotect(run.run);
    arena.end_barrier(barrier);
    assert_eq!(arena.barrier().phase() % 2, 0);
    assert!(run.is_writable());
    run.verify(5, 3);
}

#[test]
fn writers_are_let_in_again_even_if_that_is_refused_once() {
    let arena = Arena::new(FailNth::new(Confined::to(SMALL)));
    let run = span(&arena, 2);
    let barrier = arena.begin_barrier();
    arena.protect(run.run).unwrap();
    arena.os().refuse(0, 1);
    arena.unprotect(run.run);
    arena.end_barrier(barrier);
    assert!(arena.os().calls() >= 2 && run.is_writable());
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

/// The kernel may have done a part of what it refuses.
#[test]
fn a_run_of_which_a_part_could_be_protected_is_writable_again() {
    let arena = Arena::new(Confined::to(SMALL));
    let run = span(&arena, 3);
    arena.os().halfway.store(true, Ordering::Relaxed);
    let barrier = arena.begin_barrier();
    assert_eq!(arena.protect(run.run), Err(Refused));
    arena.end_barrier(barrier);
    assert!(run.is_writable());
}

/// Whether this thread has the signal blocked.
fn blocked(signal: i32) -> bool {
    let mut set = std::mem::MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: without a new set only the old one is written.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), set.as_mut_ptr()) };
    // SAFETY: written by the call.
    unsafe { libc::sigismember(set.as_ptr(), signal) == 1 }
}

#[test]
fn behind_a_barrier_only_faults_come_through() {
    let arena = Arena::new(Confined::to(SMALL));
    let barrier = arena.begin_barrier();
    assert!(
        [libc::SIGUSR1, libc::SIGALRM, libc::SIGTERM, libc::SIGPROF]
            .into_iter()
            .all(blocked)
    );
    // Others than SIGSEGV are raised by no write to a protected page, but may be sent.
    assert!(
        [libc::SIGBUS, libc::SIGFPE, libc::SIGTRAP, libc::SIGSYS]
            .into_iter()
            .all(blocked)
    );
    assert!(!blocked(libc::SIGSEGV));
    arena.end_barrier(barrier);
    assert!(!blocked(libc::SIGUSR1) && !blocked(libc::SIGFPE));
}

#[test]
fn what_runs_aside_has_a_stack_of_its_own_and_no_signals() {
    let arena = Arena::new(Linux::new());
    let here = 0_u8;
    let near = |other: *const u8| other.addr().abs_diff((&raw const here).addr()) < 1 << 20;
    let (is_near, is_blocked, inner) = arena
        .run_aside(|| {
            let there = 0_u8;
            let inner = arena.run_aside(|| ());
            (near(&raw const there), blocked(libc::SIGUSR1), inner)
        })
        .expect("nobody is there");
    assert!(!is_near && is_blocked);
    assert_eq!(inner, None, "there is one stack");
    assert!(!blocked(libc::SIGUSR1));
    assert_eq!(arena.run_aside(|| 7), Some(7));
}

#[test]
fn mappings_are_not_permitted_beyond_the_limit() {
    let arena = Arena::new(FailNth::new(Confined::to(SMALL)));
    arena.os().refuse(0, u64::MAX);
    assert!(!arena.mappings_permit(), "the ballast is not on board");
    let barrier = arena.begin_barrier();
    arena.end_barrier(barrier);
    assert!(!arena.mappings_permit());
    arena.os().refuse(0, 0);
    assert!(arena.mappings_permit());
    arena.set_mappings_limit(30);
    assert_eq!(arena.mappings_permitted(), 20);
    let spans: Vec<_> = (0..40).map(|_| span(&arena, 1)).collect();
    // Every second span, so that each makes two borders.
    let mut shared = 0;
    for span in spans.iter().step_by(2) {
        if arena.mappings_left() < arena.mappings_to_share(span.run) {
            break;
        }
        assert!(put(&arena, span, span.run, 0, PAGE));
        shared += 1;
    }
    assert!((5..=9).contains(&shared), "{shared}");
    assert!(arena.stats().mappings <= 20);
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

const SPANS: usize = 10;
const OBJECT: usize = 64;

#[derive(Clone, Debug)]
enum Step {
    /// Put a span onto the shared pages of another, or its own.
    Put { span: usize, home: usize },
    /// Put it back onto pages of its own.
    MakePrivate(usize),
}

/// Neighbouring spans of two pages, each with one object, all at different offsets.
struct Neighbours {
    arena: Arena<Confined>,
    spans: Vec<Owned>,
    /// The span whose shared pages each is on.
    homes: [Option<usize>; SPANS],
    written: u8,
    contents: [u8; SPANS],
}

impl Neighbours {
    fn new() -> Self {
        let arena = Arena::new(Confined::to(SMALL));
        let spans: Vec<_> = (0..SPANS).map(|_| span(&arena, 2)).collect();
        let mut neighbours = Self {
            arena,
            spans,
            homes: [None; SPANS],
            written: 0,
            contents: [0; SPANS],
        };
        neighbours.write_all();
        neighbours
    }

    /// Where the object of a span is: some on the first page, some on the second, some across.
    fn offset(span: usize) -> usize {
        PAGE - SPANS / 2 * OBJECT + OBJECT / 2 + span * OBJECT
    }

    fn write_all(&mut self) {
        for span in 0..SPANS {
            self.written = self.written.wrapping_add(1);
            self.contents[span] = self.written;
            self.spans[span].write(Self::offset(span), &[self.written; OBJECT]);
        }
    }

    fn apply(&mut self, step: &Step) {
        match *step {
            Step::Put { span, home } => {
                let (owned, onto) = (self.spans[span], self.spans[home].run);
                if self.homes[span] != Some(home) {
                    assert!(put(&self.arena, &owned, onto, Self::offset(span), OBJECT));
                    self.homes[span] = Some(home);
                }
            }
            Step::MakePrivate(span) => {
                if let Some(home) = self.homes[span].take() {
                    let (owned, onto) = (self.spans[span], self.spans[home].run.first);
                    // SAFETY: nobody else uses the span.
                    unsafe { self.arena.make_private(owned.run, onto) }.unwrap();
                }
            }
        }
    }

    fn check(&self) {
        for (number, span) in self.spans.iter().enumerate() {
            for (other, &content) in self.contents.iter().enumerate() {
                let together =
                    self.homes[number].is_some() && self.homes[number] == self.homes[other];
                if number == other || together {
                    let found = &span.bytes()[Self::offset(other)..][..OBJECT];
                    assert_eq!(
                        found, [content; OBJECT],
                        "the object of {other} seen at {number}"
                    );
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn objects_stay_what_they_are_wherever_their_span_is_put(
        steps in prop::collection::vec(
            prop_oneof![
                3 => (0..SPANS, 0..SPANS).prop_map(|(span, home)| Step::Put { span, home }),
                1 => (0..SPANS).prop_map(Step::MakePrivate),
            ],
            1..60,
        )
    ) {
        let mut neighbours = Neighbours::new();
        for step in &steps {
            neighbours.apply(step);
            neighbours.check();
            neighbours.write_all();
            neighbours.check();
        }
        for span in 0..SPANS {
            neighbours.apply(&Step::MakePrivate(span));
        }
        neighbours.check();
        // The window is all that is left.
        prop_assert!(neighbours.arena.stats().mappings <= 1);
    }

    /// Runs that are put back melt into their neighbours, unless they were written to in between.
    #[test]
    fn as_many_mappings_are_counted_as_the_kernel_has(
        steps in prop::collection::vec((any::<bool>(), 0..SPANS, 0..SPANS), 1..60)
    ) {
        let arena = Arena::new(Confined::to(SMALL));
        // Behind the last page of the arena nothing is counted.
        let _last = span(&arena, 2);
        let spans: Vec<_> = (0..SPANS).map(|_| span(&arena, 2)).collect();
        let before = kernel_mappings(&arena);
        let mut homes = [None; SPANS];
        let mut gone = [false; SPANS];
        for (stays, number, home) in steps {
            let run = spans[number].run;
            let counted = arena.stats().mappings;
            if stays && !gone[number] && homes[number] != Some(home) {
                let most = counted.max(1) + arena.mappings_to_share(run);
                let was_private = homes[number].is_none();
                assert!(put(&arena, &spans[number], spans[home].run, 0, 0));
                homes[number] = Some(home);
                prop_assert!(arena.stats().mappings <= most || !was_private);
            } else if !stays && homes[number].take().is_some() {
                let more = arena.mappings_to_dissolve(run);
                // SAFETY: the span is shared, and given up.
                unsafe { arena.dissolve(run) }.unwrap();
                gone[number] = true;
                prop_assert_eq!(arena.stats().mappings.saturating_sub(counted), more);
            }
            // All that is counted but the one mapping of the window is in the arena.
            let counted = arena.stats().mappings;
            let found = 1 + kernel_mappings(&arena) - before;
            prop_assert_eq!(found, counted.max(1));
        }
        for number in 0..SPANS {
            if homes[number].is_some() {
                // SAFETY: the span is shared, and given up.
                unsafe { arena.dissolve(spans[number].run) }.unwrap();
            }
        }
        prop_assert_eq!(kernel_mappings(&arena), before);
        prop_assert!(arena.stats().mappings <= 1);
    }
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
