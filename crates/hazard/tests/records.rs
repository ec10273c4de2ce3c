//! Records: what is published is named until it is withdrawn, whatever becomes of the call.
#![cfg(not(loom))]

use std::ptr::NonNull;

use hazard::{Chunk, HazardRecord, Hazards, PLACES, Pages, Place};
use heap::{PageCount, PageIndex, Run};

fn page(first: usize) -> Pages {
    Pages::of(Run {
        first: PageIndex(first),
        pages: PageCount(1),
    })
}

/// Hazards with room for some threads.
fn hazards() -> Hazards {
    let hazards = Hazards::new();
    add(&hazards);
    hazards
}

fn add(hazards: &Hazards) {
    let chunk = NonNull::from(Box::leak(Box::new(Chunk::new())));
    // SAFETY: a new chunk, which lives for ever.
    unsafe { hazards.add(chunk) };
}

/// The frame of a call; deeper calls have lower addresses.
fn frame(depth: usize) -> usize {
    0x7fff_0000 - 256 * depth
}

fn publish(record: &HazardRecord, depth: usize) -> Place {
    record.publish(frame(depth), page(depth))
}

/// Which of the pages of the calls 0..`count` are named.
fn named(hazards: &Hazards, count: usize) -> Vec<usize> {
    (0..count)
        .filter(|&depth| hazards.names(page(depth)))
        .collect()
}

#[test]
fn a_page_is_named_for_the_time_of_the_call() {
    let hazards = hazards();
    let record = hazards.take(1).expect("a record");
    let place = publish(record, 5);
    assert_eq!(named(&hazards, 10), [5]);
    record.withdraw(&place);
    assert!(!hazards.names(Pages::ALL));
}

#[test]
fn nested_calls_add_up() {
    let hazards = hazards();
    let record = hazards.take(1).expect("a record");
    let places: Vec<_> = (0..PLACES).map(|depth| publish(record, depth)).collect();
    assert_eq!(named(&hazards, 10).len(), PLACES);
    for (depth, place) in places.iter().enumerate().rev() {
        record.withdraw(place);
        assert_eq!(named(&hazards, 10), Vec::from_iter(0..depth));
    }
}

#[test]
fn more_calls_than_places_name_too_much_but_never_too_little() {
    let hazards = hazards();
    let record = hazards.take(1).expect("a record");
    let calls = 3 * PLACES;
    let places: Vec<_> = (0..calls).map(|depth| publish(record, depth)).collect();
    assert_eq!(named(&hazards, calls).len(), calls);
    for (depth, place) in places.iter().enumerate().rev() {
        record.withdraw(place);
        let left = named(&hazards, calls);
        assert!((0..depth).all(|outer| left.contains(&outer)), "{left:?}");
    }
    assert!(!hazards.names(Pages::ALL));
}

/// `longjmp` out of a call, again and again from the same place, and out of calls at other depths.
#[test]
fn a_call_that_was_left_is_forgotten_by_the_next_one_there() {
    let hazards = hazards();
    let record = hazards.take(1).expect("a record");
    for round in 0..100 {
        let _left = record.publish(frame(3), page(100 + round));
        assert!(hazards.names(page(100 + round)));
        assert!(round == 0 || !hazards.names(page(99 + round)));
    }
    // One that is there under another frame is live for all that is known.
    let other = publish(record, 1);
    assert_eq!(named(&hazards, 10), [1]);
    assert!(hazards.names(page(199)));
    record.withdraw(&other);
    assert!(hazards.names(page(199)));
    // Slightly off, but over the same bytes.
    let same = record.publish(frame(3) + 8, page(7));
    record.withdraw(&same);
    assert!(!hazards.names(Pages::ALL));
}

#[test]
fn a_thread_that_ends_takes_its_hazards_along() {
    let hazards = hazards();
    let record = hazards.take(1).expect("a record");
    let (_, other) = (publish(record, 2), hazards.take(2).expect("a record"));
    let place = publish(other, 3);
    hazards.give_back(record, 1);
    assert_eq!(named(&hazards, 10), [3]);
    other.withdraw(&place);
    // What serves somebody else by now stays.
    let again = hazards.take(3).expect("a record");
    let _ = publish(again, 4);
    hazards.give_back(again, 1);
    assert_eq!(named(&hazards, 10), [4]);
}

#[test]
fn a_borrowed_record_goes_back_when_the_outermost_call_ends() {
    let hazards = hazards();
    let record = hazards.take(9).expect("a record");
    let outer = publish(record, 0);
    let inner = publish(hazards.take(9).expect("the same record"), 1);
    assert_eq!(named(&hazards, 4), [0, 1]);
    record.withdraw(&inner);
    hazards.give_back_if_idle(record, 9);
    assert!(std::ptr::eq(
        record,
        hazards.take(9).expect("still its own")
    ));
    record.withdraw(&outer);
    hazards.give_back_if_idle(record, 9);
    assert!(std::ptr::eq(record, hazards.take(8).expect("free again")));
    // Too late, and for nobody.
    hazards.give_back_if_idle(record, 9);
    assert!(std::ptr::eq(record, hazards.take(8).expect("its own")));
}

#[test]
fn records_run_out_and_are_added() {
    let hazards = hazards();
    let mut owner = 0;
    let mut take_all = || {
        let before = owner;
        while hazards.take(owner + 1).is_some() {
            owner += 1;
        }
        owner - before
    };
    let first = take_all();
    assert!(first > 1);
    add(&hazards);
    assert_eq!(take_all(), first);
    hazards.enter_unrecorded();
    assert!(hazards.names(page(77)));
    hazards.leave_unrecorded();
    assert!(!hazards.names(page(77)));
}

#[test]
fn a_child_keeps_the_calls_of_the_thread_that_forked() {
    let hazards = hazards();
    let records = [1, 2, 3].map(|owner| hazards.take(owner).expect("a record"));
    let places = [0, 1, 2].map(|depth| publish(records[depth], depth));
    hazards.enter_unrecorded();
    hazards.keep_only(2);
    assert_eq!(named(&hazards, 10), [1]);
    records[1].withdraw(&places[1]);
    // The calls of this thread that were not recorded end as they would have.
    hazards.leave_unrecorded();
    assert!(!hazards.names(Pages::ALL));
    assert!(std::ptr::eq(
        records[0],
        hazards.take(7).expect("free again")
    ));
}
