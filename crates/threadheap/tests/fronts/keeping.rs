//! How much a front end keeps, and what happens to the rest.

use std::alloc::Layout;

use heap::{ClassMap, SizeClass};
use miniheap::SpanClasses;

use crate::program::{Attached, Front, Object, Shared, heap};

/// The budget of a front end, and what it may keep of a class besides.
const BUDGET: usize = Shared::BUDGET;
const FREE_BYTES: usize = 8 << 10;
/// What it keeps at most that only frees: bytes and slots of a class.
const FREED_BYTES: usize = 16 << 10;

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 1).expect("a plain layout")
}

fn objects(front: &mut Attached<'_>, size: usize, count: usize) -> Vec<Object> {
    let mut allocate = || front.allocate(layout(size)).expect("there is memory");
    (0..count).map(|_| allocate()).collect()
}

#[test]
fn a_front_end_keeps_a_bounded_part_of_what_it_freed() {
    for class in (0..SpanClasses::COUNT as u8).map(SizeClass) {
        let heap = heap();
        let mut front = Attached::to(&heap);
        let size = SpanClasses::object_size(class);
        let mut kept_most = 0;
        // What it gave up in the first round it has to ask for in the next ones.
        for _ in 0..3 {
            for object in objects(&mut front, size, 2 * BUDGET / size) {
                front.free(object);
                let kept = front.kept_bytes();
                assert!(kept <= BUDGET + FREE_BYTES, "{kept} bytes of {size}");
                kept_most = kept_most.max(kept);
            }
        }
        assert!(
            // With the entries for them, and limits double.
            kept_most >= BUDGET / 2 / (size + 8) * size,
            "a front end for objects of {size} bytes learns to keep them: {kept_most}"
        );
        front.front().flush();
        heap.global().below().purge();
        assert_eq!(heap.global().class_stats(class).live, 0);
    }
}

#[test]
fn classes_share_one_budget() {
    let heap = heap();
    let mut front = Attached::to(&heap);
    let sizes =
        || (0..SpanClasses::COUNT as u8).map(|class| SpanClasses::object_size(SizeClass(class)));
    let free: usize = sizes().map(|size| FREE_BYTES / size * size).sum();
    for size in sizes().chain(sizes()) {
        let before = front.kept_bytes();
        for object in objects(&mut front, size, BUDGET / size) {
            front.free(object);
            let kept = front.kept_bytes();
            assert!(
                kept <= BUDGET + free,
                "{kept} bytes, {before} before those of {size}"
            );
        }
    }
    // Who comes last has room as well: others have forgotten theirs.
    for _ in 0..20 {
        objects(&mut front, 64, 4_096)
            .into_iter()
            .for_each(|object| front.free(object));
    }
    let before = front.kept_bytes();
    let mut all = objects(&mut front, 64, 1_024);
    assert!(front.kept_bytes() <= before - 1_000 * 64, "they were kept");
    all.drain(..).for_each(|object| front.free(object));
}

#[test]
fn who_comes_last_gets_the_room_of_those_before() {
    let heap = heap();
    let mut front = Attached::to(&heap);
    let much = BUDGET / 2;
    // Together they would keep more than limits may add up to.
    for size in [128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896] {
        for _ in 0..100 {
            objects(&mut front, size, much / size)
                .into_iter()
                .for_each(|object| front.free(object));
        }
        let before = front.kept_bytes();
        let all = objects(&mut front, size, much / size);
        let left = front.kept_bytes();
        all.into_iter().for_each(|object| front.free(object));
        assert!(
            left + much / 3 <= before,
            "of {size}: {before}, and {left} left"
        );
    }
}

#[test]
fn who_builds_and_tears_down_keeps_little() {
    let heap = heap();
    let mut front = Attached::to(&heap);
    for object in objects(&mut front, 64, 20_000) {
        front.free(object);
        assert!(
            front.kept_bytes() <= 64 << 10,
            "it was never asked for again"
        );
    }
}

#[test]
fn a_budget_can_be_set() {
    let heap = heap();
    assert_eq!(heap.budget(), BUDGET);
    assert!(
        !heap.set_budget(Shared::LARGEST_BUDGET + 1),
        "that is too much"
    );
    let mut front = Attached::to(&heap);
    let mut kept_after_rounds = |budget: usize| {
        assert!(heap.set_budget(budget));
        assert_eq!(heap.budget(), budget);
        for _ in 0..20 {
            for size in [64, 512, 3_072, 16_384] {
                objects(&mut front, size, (1 << 20) / size)
                    .into_iter()
                    .for_each(|object| front.free(object));
            }
        }
        front.kept_bytes()
    };
    let usual = kept_after_rounds(BUDGET);
    assert!(usual > BUDGET / 2, "{usual}");
    let more = kept_after_rounds(8 << 20);
    assert!(more > BUDGET, "{more}");
    let little = kept_after_rounds(128 << 10);
    assert!(little <= (128 << 10) + 4 * FREE_BYTES, "{little}");
    let least = kept_after_rounds(0);
    assert!(least <= 4 * FREE_BYTES, "{least}");
}

#[test]
fn who_asks_seldom_keeps_little() {
    let most_kept = |others: usize| {
        let heap = heap();
        let mut front = Attached::to(&heap);
        let mut most = 0;
        let mut all = Vec::new();
        for _ in 0..200 {
            all.extend(objects(&mut front, 1_024, 1));
            for _ in 0..others {
                let object = front.allocate(layout(16)).expect("there is memory");
                front.free(object);
            }
            most = most.max(front.kept_bytes());
        }
        all.into_iter().for_each(|object| front.free(object));
        most
    };
    let (often, seldom) = (most_kept(0), most_kept(2_000));
    assert!(seldom <= FREE_BYTES, "{seldom}");
    assert!(often >= 3 * FREE_BYTES, "{often}");
}

#[test]
fn a_flushed_front_end_begins_with_little_again() {
    let heap = heap();
    let mut front = Attached::to(&heap);
    let first = objects(&mut front, 64, 1);
    let little = front.kept_bytes();
    for object in objects(&mut front, 64, 2000) {
        front.free(object);
    }
    assert!(front.kept_bytes() > 4 * little);
    front.front().flush();
    let second = objects(&mut front, 64, 1);
    assert_eq!(front.kept_bytes(), little);
    first
        .into_iter()
        .chain(second)
        .for_each(|object| front.free(object));
}

#[test]
fn a_block_whose_pages_have_a_property_is_kept_by_nobody() {
    let heap = heap();
    let mut front = Attached::to(&heap);
    let whole = (0..SpanClasses::COUNT as u8).map(SizeClass);
    for class in whole.filter(|&class| SpanClasses::is_whole(class)) {
        let size = SpanClasses::object_size(class);
        let mut both = objects(&mut front, size, 2);
        let (kept, other) = (front.kept_bytes(), both.pop().expect("two of them"));
        // The last byte: only the first page of the block has a label.
        let at = other.start.addr().get() + size - 1;
        heap.global().below().note_property(at, 1);
        front.free(other);
        assert_eq!(front.kept_bytes(), kept, "{size}");
        assert_eq!(heap.global().class_stats(class).kept, 0, "{size}");
        // Its neighbour has no property.
        both.into_iter().for_each(|object| front.free(object));
        assert_eq!(front.kept_bytes(), kept + size, "{size}");
        front.front().flush();
    }
}

#[test]
fn a_freed_slot_is_the_next_one_handed_out() {
    let heap = heap();
    let mut front = Attached::to(&heap);
    let mut some = objects(&mut front, 48, 20);
    let last = some.pop().expect("20 of them");
    let at = last.start;
    front.free(last);
    assert_eq!(
        front.allocate(layout(48)).expect("one is at hand").start,
        at
    );
}

#[test]
fn an_object_with_cache_lines_of_its_own_is_reused_by_who_frees_it() {
    let heap = heap();
    for (size, is_reused) in [(16, false), (48, false), (64, true), (512, true)] {
        let (mut one, mut other) = (Attached::to(&heap), Attached::to(&heap));
        let object = one.allocate(layout(size)).expect("there is memory");
        let at = object.start;
        other.free(object);
        let next = other.allocate(layout(size)).expect("there is memory");
        assert_eq!(next.start == at, is_reused, "{size} bytes");
        other.free(next);
    }
}

#[test]
fn a_slot_that_another_front_end_frees_comes_home() {
    let heap = heap();
    let (mut one, mut other) = (Attached::to(&heap), Attached::to(&heap));
    let class = SpanClasses::class_of(512).expect("a small size");
    // As many as a span has, and none is left at hand.
    let mine = objects(&mut one, 512, 8);
    let places: std::collections::BTreeSet<_> = mine.iter().map(|object| object.start).collect();
    one.front().flush();
    let before = heap.global().class_stats(class).live;
    assert_eq!(before, 8);
    for object in mine {
        other.free(object);
    }
    assert_eq!(other.kept_bytes(), 8 * 512, "they wait to be sent");
    assert_eq!(heap.global().class_stats(class).live, 8);
    other.front().flush();
    heap.global().below().purge();
    assert_eq!(heap.global().class_stats(class).live, 0);
    // The same pages serve the next ones.
    let again = objects(&mut one, 512, 8);
    let span = |at: &std::ptr::NonNull<u8>| at.addr().get() / 4096;
    let pages =
        |places: &std::collections::BTreeSet<_>| places.iter().map(span).collect::<Vec<_>>();
    let again = again.iter().map(|object| object.start).collect();
    assert_eq!(pages(&again).first(), pages(&places).first());
}

#[test]
fn who_only_frees_keeps_little() {
    let heap = heap();
    let (mut one, mut other) = (Attached::to(&heap), Attached::to(&heap));
    for size in [16, 48, 64, 1024, 32 << 10] {
        for object in objects(&mut one, size, 1000.min((4 << 20) / size)) {
            other.free(object);
            assert!(other.kept_bytes() <= FREED_BYTES, "{size}");
        }
        other.front().flush();
    }
}

#[test]
fn who_has_all_at_hand_looks_whether_upkeep_is_due() {
    let heap = heap();
    let mut front = Attached::to(&heap);
    let class = SpanClasses::class_of(64).expect("a small size");
    objects(&mut front, 64, 8)
        .into_iter()
        .for_each(|object| front.free(object));
    let mut handed_out = 0;
    for _ in 0..3 {
        // SAFETY: the test's own heap.
        while let Some(slot) = unsafe { Front::pop_at(front.at(), class) } {
            handed_out += 1;
            // SAFETY: handed out just now, and not used.
            assert!(unsafe { Front::push_at(front.at(), slot.as_ptr()) });
        }
        // SAFETY: the test's own heap.
        let again = unsafe { Front::pop_at(front.at(), class) };
        assert_eq!(again, None, "as long as nobody looks");
        front.front().look_after();
    }
    assert!((5_000..50_000).contains(&handed_out), "{handed_out}");
}

#[test]
fn a_front_end_that_serves_nobody_has_nothing_and_takes_nothing() {
    let mut idle = Front::IDLE;
    let at = std::ptr::NonNull::from(&mut idle);
    for class in (0..SpanClasses::COUNT as u8).map(SizeClass) {
        // SAFETY: it is this test's alone.
        assert_eq!(unsafe { Front::pop_at(at, class) }, None);
    }
    let heap = heap();
    let object = Attached::to(&heap)
        .allocate(layout(64))
        .expect("there is memory");
    for address in [
        object.start.as_ptr(),
        std::ptr::null_mut(),
        usize::MAX as *mut u8,
    ] {
        // SAFETY: it is this test's alone; the object is not used by it.
        assert!(!unsafe { Front::push_at(at, address) });
    }
    assert!(!idle.serves() && idle.kept_bytes() == 0);
}
