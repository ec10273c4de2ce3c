//! A checked heap tells each mistake from the others, and survives it.

mod deeds;

use std::alloc::Layout;
use std::cell::RefCell;
use std::ptr::NonNull;

use heap::Heap;
use kit::{Checked, Violation};
use shadowheap::{Ledger, shadow_heap_suite};

use crate::layouts::{SCANT, layout};
use crate::region::{Source, source};

/// Checks a program that makes no mistakes.
pub(crate) fn strict<H: Heap>(below: H) -> Checked<H, 5> {
    fn report(violation: Violation) {
        panic!("a correct program did this? {violation:?}");
    }
    Checked::new(below, report)
}

shadow_heap_suite!(ample, || strict(Ledger::new()));
shadow_heap_suite!(scant, || strict(Ledger::with_budget(SCANT)));

thread_local! {
    static SEEN: RefCell<Vec<Violation>> = const { RefCell::new(Vec::new()) };
}

fn note(violation: Violation) {
    SEEN.with_borrow_mut(|seen| seen.push(violation));
}

/// What was reported since the last call.
fn seen() -> Vec<Violation> {
    SEEN.take()
}

fn checked(source: &Source) -> Checked<&Source, 2> {
    Checked::new(source, note)
}

const OBJECT: Layout = Layout::new::<[u8; 100]>();

fn flip(block: NonNull<u8>, offset: isize) {
    // SAFETY: the tests stay within the block and its fence.
    let byte = unsafe { block.offset(offset) };
    // SAFETY: one byte of the block or its fence.
    let value = unsafe { byte.read() };
    // SAFETY: one byte of the block or its fence.
    unsafe { byte.write(!value) };
}

#[test]
fn correct_use_is_not_reported() {
    let source = source(1 << 16);
    let mut heap = checked(&source);
    for align in [1, 2, 8, 64, 1024] {
        for size in [0, 1, 7, 100, 3000] {
            let layout = layout(size, align);
            let block = heap.allocate(layout).expect("room");
            // SAFETY: the block has this size.
            unsafe { block.write_bytes(0xff, size) };
            // SAFETY: live, and not used again.
            unsafe { heap.deallocate(block, layout) };
        }
    }
    drop(heap);
    assert_eq!(seen(), []);
    assert_eq!(source.counts().live_blocks(), 0);
}

#[test]
fn a_second_free_is_reported_and_ignored() {
    let source = source(4096);
    let mut heap = checked(&source);
    let block = heap.allocate(OBJECT).expect("room");
    for _ in 0..2 {
        // SAFETY: live the first time, in quarantine the second.
        unsafe { heap.deallocate(block, OBJECT) };
    }
    assert_eq!(
        seen(),
        [Violation::DoubleFree {
            block: block.addr().get()
        }]
    );
    drop(heap);
    assert_eq!(
        (source.counts().allocations, source.counts().deallocations),
        (1, 1)
    );
}

#[test]
fn a_write_behind_is_reported_with_its_place() {
    for offset in [100, 115] {
        let source = source(4096);
        let mut heap = checked(&source);
        let block = heap.allocate(OBJECT).expect("room");
        flip(block, offset);
        // SAFETY: live, and not used again.
        unsafe { heap.deallocate(block, OBJECT) };
        let place = Violation::WrittenBehind {
            block: block.addr().get(),
            offset: offset as usize,
        };
        assert_eq!(seen(), [place]);
        drop(heap);
        assert_eq!(
            source.counts().live_blocks(),
            0,
            "it goes back all the same"
        );
    }
}

#[test]
fn a_write_in_front_is_reported_and_the_block_stays_out() {
    for offset in [-1, -8, -9, -24] {
        let source = source(4096);
        let mut heap = checked(&source);
        let block = heap.allocate(OBJECT).expect("room");
        flip(block, offset);
        // SAFETY: live, and not used again.
        unsafe { heap.deallocate(block, OBJECT) };
        assert_eq!(
            seen(),
            [Violation::WrittenInFront {
                block: block.addr().get()
            }]
        );
        drop(heap);
        assert_eq!(source.counts().live_blocks(), 1);
    }
}

#[test]
fn a_write_after_free_is_reported_when_the_block_leaves_the_quarantine() {
    let source = source(1 << 16);
    let mut heap = checked(&source);
    let block = heap.allocate(OBJECT).expect("room");
    // SAFETY: live.
    unsafe { heap.deallocate(block, OBJECT) };
    flip(block, 42);
    for later in 0..2 {
        assert_eq!(seen(), [], "{later}");
        let other = heap.allocate(OBJECT).expect("room");
        // SAFETY: live, and not used again.
        unsafe { heap.deallocate(other, OBJECT) };
    }
    assert_eq!(
        seen(),
        [Violation::WrittenAfterFree {
            block: block.addr().get(),
            offset: 42
        }]
    );
}

#[test]
fn another_layout_is_reported_and_the_right_one_goes_below() {
    let source = source(4096);
    let mut heap = checked(&source);
    let block = heap.allocate(OBJECT).expect("room");
    let given = Layout::new::<[u16; 50]>();
    // SAFETY: live, and `Checked` allows another layout.
    unsafe { heap.deallocate(block, given) };
    let report = Violation::WrongLayout {
        block: block.addr().get(),
        allocated: OBJECT,
        given,
    };
    assert_eq!(seen(), [report]);
    drop(heap);
    assert_eq!(source.counts().live_bytes, 0);
}

#[test]
fn the_quarantine_is_given_up_before_a_request_is_refused() {
    let source = source(4096);
    let mut heap = checked(&source);
    let large = Layout::new::<[u8; 3000]>();
    for turn in 0..5 {
        let block = heap.allocate(large);
        let block = block.unwrap_or_else(|| panic!("turn {turn}: the block before is free"));
        // SAFETY: live, and not used again.
        unsafe { heap.deallocate(block, large) };
    }
    assert_eq!(seen(), []);
    assert_eq!(heap.allocate(Layout::new::<[u8; 5000]>()), None);
}

#[test]
fn a_size_that_has_no_room_for_a_fence_is_refused() {
    let source = source(4096);
    let mut heap = checked(&source);
    let huge = Layout::from_size_align(isize::MAX as usize, 1).expect("the largest");
    assert_eq!(heap.allocate(huge), None);
    assert_eq!(source.counts().refusals, 0, "nobody below was asked");
}
