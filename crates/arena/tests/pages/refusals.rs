//! One script, run once for each system call that may be refused.

use std::alloc::Layout;
use std::ops::Range;

use arena::{Arena, BarrierChoice, FailNth};
use heap::{
    ForkPages, KeptOut, LargePages, Metadata, PageCount, Remapping, SpanPages, Upkeep,
    WriteProtection,
};

use crate::bytes::{Owned, PAGE};
use crate::confined::Confined;
use crate::runs::{Step, Tenant};
use crate::spans::{put, span};

type Refusing = FailNth<Confined>;

/// Where a span of the script is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Private,
    Shared,
    Gone,
}

/// Spans that share pages, each with an object of its own.
struct Sharers {
    spans: Vec<Owned>,
    places: Vec<Place>,
}

const OBJECT: usize = 100;

impl Sharers {
    fn new(arena: &Arena<Refusing>) -> Option<Self> {
        let mut spans = Vec::new();
        for _ in 0..4 {
            // Labels are set without a system call.
            let first = arena.allocate_span(PageCount(2))?;
            // SAFETY: private, and in nobody's hands.
            unsafe { arena.free_span(Owned::of(arena, first, PageCount(2)).run) };
            spans.push(span(arena, 2));
        }
        let places = vec![Place::Private; spans.len()];
        let group = Self { spans, places };
        for number in 0..group.spans.len() {
            group.spans[number].write(Self::offset(number), &[number as u8 + 1; OBJECT]);
        }
        Some(group)
    }

    fn offset(number: usize) -> usize {
        PAGE - OBJECT + number * OBJECT
    }

    fn verify(&self) {
        for (number, span) in self.spans.iter().enumerate() {
            if self.places[number] != Place::Gone {
                let found = &span.bytes()[Self::offset(number)..][..OBJECT];
                assert_eq!(found, [number as u8 + 1; OBJECT]);
            }
        }
    }

    fn share(&mut self, arena: &Arena<Refusing>) {
        let home = self.spans[0].run;
        for number in 0..self.spans.len() {
            let done = put(
                arena,
                &self.spans[number],
                home,
                Self::offset(number),
                OBJECT,
            );
            if done {
                self.places[number] = Place::Shared;
            }
            self.verify();
        }
    }

    /// Goes on as the child of a fork would; says whether it can.
    fn adopt(&self, arena: &Arena<Refusing>) -> bool {
        let barrier = arena.begin_barrier();
        if arena.open_snapshot().is_err() {
            arena.end_barrier(barrier);
            arena.drop_snapshot();
            return true;
        }
        arena.each_shared(|_, run| {
            // A fork goes on without.
            let _ = arena.protect_for_fork(run, &mut KeptOut::default());
        });
        arena.copy_to_snapshot();
        let adopted = arena.adopt_snapshot().is_ok();
        if adopted {
            arena.end_barrier(barrier);
            self.verify();
        }
        adopted
    }

    /// Gives the spans back, as far as the system lets us.
    fn leave(&mut self, arena: &Arena<Refusing>) {
        for (span, place) in self.spans.iter().zip(&mut self.places) {
            match place {
                // While the system refuses to lift a protection, nobody else may get the span.
                Place::Private if !span.is_writable() => {}
                Place::Private => {
                    // SAFETY: private, and given up.
                    unsafe { arena.free_span(span.run) };
                    *place = Place::Gone;
                }
                Place::Shared => {
                    // SAFETY: shared, and given up.
                    if unsafe { arena.dissolve(span.run) }.is_ok() {
                        *place = Place::Gone;
                    }
                }
                Place::Gone => {}
            }
        }
    }
}

/// The script with the calls of these turns refused; returns how many calls there were.
fn run(choice: BarrierChoice, turns: Range<u64>) -> u64 {
    let os = Confined::to(16 << 20);
    let clock = os.clock();
    let mut tenant = Tenant::of(Arena::new(FailNth::new(os)), clock);
    tenant.arena.os().refuse(turns.start, turns.end);
    let _ = tenant.arena.choose_barrier(choice);
    let steps = [
        Step::Span(3),
        Step::Large {
            pages: 90,
            align: 8,
        },
        Step::Large { pages: 5, align: 1 },
        Step::Span(16),
        Step::Resize { nth: 1, pages: 2 },
        Step::Move {
            nth: 0,
            more: 30,
            room: 15,
        },
        Step::Resize { nth: 0, pages: 400 },
        Step::Free(0),
        Step::Purge { all: true },
        Step::Large {
            pages: 70,
            align: 1,
        },
        Step::Growing { pages: 9, more: 5 },
        Step::Move {
            nth: 1,
            more: 300,
            room: 0,
        },
        Step::Free(1),
        Step::Span(1),
    ];
    for step in &steps {
        tenant.apply(step);
        tenant.check();
    }
    let mut group = Sharers::new(&tenant.arena);
    if let Some(group) = &mut group {
        group.share(&tenant.arena);
        if !group.adopt(&tenant.arena) {
            return tenant.arena.os().calls();
        }
        group.leave(&tenant.arena);
    }
    assert!(!tenant.arena.purge(true, u64::MAX));
    let calls = tenant.arena.os().calls();

    // The system has recovered.
    tenant.arena.os().refuse(0, 0);
    if let Some(mut group) = group {
        group.verify();
        group
            .spans
            .iter()
            .for_each(|span| tenant.arena.unprotect(span.run));
        group.leave(&tenant.arena);
        // SAFETY: all spans are gone.
        unsafe { tenant.arena.free_shared(group.spans[0].run) };
    }
    tenant.apply(&Step::Span(2));
    tenant.apply(&Step::Large { pages: 9, align: 2 });
    assert!(
        tenant.holds(2),
        "what the system has is handed out: {turns:?}"
    );
    tenant.end();
    calls
}

/// Runs the script with `turns` refused, from each turn on that there is, with either barrier.
fn every_turn(turns: impl Fn(u64) -> Range<u64>) {
    for choice in [BarrierChoice::Mprotect, BarrierChoice::Userfaultfd] {
        let mut turn = 0;
        while run(choice, turns(turn)) > turn {
            turn += 1;
        }
        assert!(turn > 30, "the script makes {turn} calls");
    }
}

#[test]
fn any_one_call_may_be_refused() {
    every_turn(|turn| turn..turn + 1);
}

#[test]
fn any_two_calls_in_a_row_may_be_refused() {
    every_turn(|turn| turn..turn + 2);
}

#[test]
fn all_calls_from_any_one_on_may_be_refused() {
    every_turn(|turn| turn..u64::MAX);
}

#[test]
fn an_arena_without_a_place_serves_nobody_and_is_tried_again() {
    let arena = Arena::new(FailNth::new(Confined::to(16 << 20)));
    arena.os().refuse(0, u64::MAX);
    assert_eq!(arena.labels().page_count(), 0);
    assert!(arena.allocate_span(PageCount(1)).is_none());
    assert!(arena.allocate_large(PageCount(1), PageCount(1)).is_none());
    assert!(!arena.purge(true, u64::MAX));
    arena.os().refuse(0, 0);
    assert!(arena.allocate_span(PageCount(1)).is_some());
}

/// What the program asks for comes before what is kept for meshes.
#[test]
fn memory_that_is_refused_is_asked_for_again_without_the_ballast() {
    let arena = Arena::new(FailNth::new(Confined::to(64 << 20)));
    let grow = || arena.allocate_span(PageCount(1_000));
    assert!(grow().is_some());
    // The whole step, and what is needed of it, on both sides.
    arena.os().refuse(0, 4);
    assert_eq!(grow(), None, "nothing is kept yet");
    assert!(arena.mappings_permit());
    arena.os().refuse(0, 4);
    assert!(grow().is_some());
    assert!(arena.mappings_permit(), "it comes on board again");
    let layout = Layout::new::<[u8; 1 << 20]>();
    arena.os().refuse(0, 2);
    assert!(arena.metadata(layout).is_some());
}
