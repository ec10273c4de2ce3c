//! What is named behind a barrier, and what a child misses.

use arena::{Arena, FailNth, Linux};
use hazard::Pages;
use heap::{PageCount, PageIndex, Run, WriteProtection};

use crate::bytes::PAGE;
use crate::confined::Confined;
use crate::spans::{put, span};

const SMALL: usize = 16 << 20;

fn run(first: usize) -> Run {
    Run {
        first: PageIndex(first),
        pages: PageCount(2),
    }
}

/// What is named of the runs at 0, 2, 4, … behind a barrier.
fn named<O: arena::Os>(arena: &Arena<O>) -> Vec<usize> {
    let barrier = arena.begin_barrier();
    let named = (0..10).map(|index| 2 * index);
    let named = named.filter(|&first| arena.is_named(run(first))).collect();
    arena.end_barrier(barrier);
    named
}

#[test]
fn what_calls_publish_is_named() {
    for asymmetric in [false, true] {
        let arena = Arena::new(Confined::to(SMALL));
        if asymmetric {
            arena.watch_hazards();
        }
        assert_eq!(named(&arena), [], "nobody has published anything");
        let records = [1, 2].map(|owner| arena.take_record(owner).expect("memory"));
        let places = [
            records[0].publish(0x1000, Pages::of(run(3))),
            records[1].publish(0x2000, Pages::of(run(8))),
        ];
        assert_eq!(named(&arena), [2, 4, 8]);
        let mut hints = Vec::new();
        arena.each_named(|run| hints.push(run));
        assert_eq!(hints, [run(3), run(8)]);
        records[0].withdraw(&places[0]);
        assert_eq!(named(&arena), [8]);
        records[1].withdraw(&places[1]);
        assert_eq!(named(&arena), []);
    }
}

/// More threads than the records of one mapping, until there is no memory for more.
#[test]
fn records_come_as_long_as_there_is_memory() {
    let arena = Arena::new(FailNth::new(Confined::to(SMALL)));
    for owner in 1..=100 {
        let record = arena.take_record(owner).expect("memory");
        let page = Run {
            first: PageIndex(owner),
            pages: PageCount(1),
        };
        let _ = record.publish(owner * 0x1000, Pages::of(page));
    }
    let mut count = 0;
    arena.each_named(|_| count += 1);
    assert_eq!(count, 100);
    arena.os().refuse(0, u64::MAX);
    let more = (101..300).filter(|&owner| arena.take_record(owner).is_some());
    assert!(more.count() < 100);
    arena.os().refuse(u64::MAX, 0);
    assert!(arena.take_record(300).is_some());
}

/// Without the fence nothing is known, so all is named; when it comes back, what is published counts again.
#[test]
fn a_refused_fence_names_everything() {
    let arena = Arena::new(FailNth::new(Linux::new()));
    arena.watch_hazards();
    assert!(arena.hazards().is_asymmetric());
    arena.os().refuse(0, u64::MAX);
    assert_eq!(named(&arena).len(), 10);
    // Registered anew, as after some ways to make a process.
    arena.os().refuse(0, 1);
    assert_eq!(named(&arena), []);
    arena.os().refuse(u64::MAX, 0);
    assert_eq!(named(&arena), []);
}

#[test]
fn calls_have_full_fences_where_threads_cannot_be_fenced() {
    let arena = Arena::new(FailNth::new(Linux::new()));
    arena.os().refuse(0, 1);
    arena.watch_hazards();
    assert!(!arena.hazards().is_asymmetric());
    let calls = arena.os().calls();
    assert_eq!(named(&arena), []);
    // The ballast is loaded, but no fence is asked for.
    arena.os().refuse(0, u64::MAX);
    assert_eq!(named(&arena), []);
    assert!(calls > 0);
}

/// A child of ours has nothing where a span is on shared pages.
#[test]
fn shared_pages_are_missing_in_a_child() {
    let arena = Arena::new(Confined::to(SMALL));
    let spans = [span(&arena, 1), span(&arena, 1)];
    for span in &spans {
        span.write(0, b"there");
    }
    assert!(put(&arena, &spans[0], spans[0].run, 0, PAGE));
    assert_eq!(
        present_in_child(&spans.map(|span| span.bytes().as_ptr())),
        [false, true]
    );
    assert_eq!(&spans[0].bytes()[..5], b"there");
}

/// Whether each address is mapped in a child of this process.
fn present_in_child(addresses: &[*const u8]) -> Vec<bool> {
    // SAFETY: the child makes system calls only.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let mut missing = 0;
        for (index, &address) in addresses.iter().enumerate() {
            // SAFETY: asks about a page, and changes nothing.
            if unsafe { libc::msync(address.cast_mut().cast(), PAGE, libc::MS_ASYNC) } != 0 {
                missing |= 1 << index;
            }
        }
        // SAFETY: ends the child.
        unsafe { libc::_exit(missing) };
    }
    let mut status = 0;
    // SAFETY: the status lives across the call.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    let missing = libc::WEXITSTATUS(status);
    (0..addresses.len())
        .map(|index| missing & 1 << index == 0)
        .collect()
}
