//! A program that does the same again and again makes no system call.

use std::alloc::Layout;

use globalheap::CentralHeap;

use crate::program::{Attached, Shared, heap_with_addresses};

/// More than the objects below take at a time, old and new ones.
const ADDRESSES: usize = 256 << 20;

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 1).expect("a plain layout")
}

/// System calls of `round` when it has been done a few times before.
fn calls_when_warm(heap: &Shared, mut round: impl FnMut()) -> u64 {
    (0..4).for_each(|_| round());
    let before = heap.global().pages().os().calls();
    (0..20).for_each(|_| round());
    heap.global().pages().os().calls() - before
}

/// 32 KiB and a byte, and so on by doublings up to 8 MiB and a byte.
fn sizes() -> impl Iterator<Item = usize> {
    (15..=23).map(|doubling| (1 << doubling) + 1)
}

#[test]
fn large_objects_that_come_and_go() {
    let heap = heap_with_addresses(ADDRESSES);
    let mut front = Attached::to(&heap);
    let calls = calls_when_warm(&heap, || {
        for size in sizes() {
            let object = front.allocate(layout(size)).expect("there is memory");
            front.free(object);
        }
    });
    assert_eq!(calls, 0, "one at a time");
    let calls = calls_when_warm(&heap, || {
        let objects: Vec<_> = sizes()
            .map(|size| front.allocate(layout(size)).expect("there is memory"))
            .collect();
        objects.into_iter().for_each(|object| front.free(object));
    });
    assert_eq!(calls, 0, "all at once");
}

#[test]
fn buffers_that_grow_in_turn() {
    let heap = heap_with_addresses(ADDRESSES);
    let global = heap.global();
    let calls = calls_when_warm(&heap, || {
        let new = || {
            global
                .allocate_large(40_000, 1)
                .expect("there is memory")
                .start
        };
        let (mut buffers, mut size) = ([new(), new(), new()], 40_000);
        while size < 6 << 20 {
            let larger = size + size / 2;
            for buffer in &mut buffers {
                // SAFETY: used at the new address only.
                let resized = unsafe { global.resize_large(*buffer, larger) };
                *buffer = resized.unwrap_or_else(|| {
                    let moved = global.allocate_large(larger, 1).expect("there is memory");
                    // SAFETY: given up for the new one.
                    unsafe { global.free_large(*buffer) };
                    moved.start
                });
            }
            size = larger;
        }
        for buffer in buffers {
            // SAFETY: given up.
            unsafe { global.free_large(buffer) };
        }
    });
    assert_eq!(calls, 0);
}

#[test]
fn the_last_object_grows_where_it_is() {
    let heap = heap_with_addresses(ADDRESSES);
    let global = heap.global();
    let first = global
        .allocate_large(40_000, 1)
        .expect("there is memory")
        .start;
    let mut size = 40_000;
    while size < 64 << 20 {
        size += size / 2;
        // SAFETY: it stays where it is.
        let resized = unsafe { global.resize_large(first, size) };
        assert_eq!(resized, Some(first), "{size}");
    }
}

#[test]
fn clean_pages_are_known_to_be_zero_and_others_are_not() {
    let heap = heap_with_addresses(ADDRESSES);
    let global = heap.global();
    let fresh = global.allocate_large(1 << 20, 1).expect("there is memory");
    assert!(fresh.zeroed);
    // SAFETY: the object has so many bytes.
    unsafe { fresh.start.write_bytes(1, 1 << 20) };
    // SAFETY: given up.
    unsafe { global.free_large(fresh.start) };
    let used = global.allocate_large(1 << 20, 1).expect("there is memory");
    assert_eq!((used.start, used.zeroed), (fresh.start, false));
    // SAFETY: given up.
    unsafe { global.free_large(used.start) };
    global.below().purge();
    let clean = global.allocate_large(1 << 20, 1).expect("there is memory");
    assert_eq!((clean.start, clean.zeroed), (fresh.start, true));
    // SAFETY: the object has so many bytes.
    let bytes = unsafe { std::slice::from_raw_parts(clean.start.as_ptr(), 1 << 20) };
    assert!(bytes.iter().all(|&byte| byte == 0));
}

#[test]
fn threads_that_sleep_and_work() {
    let heap = heap_with_addresses(ADDRESSES);
    let mut front = Attached::to(&heap);
    let calls = calls_when_warm(&heap, || {
        let objects: Vec<_> = (16..2_000)
            .step_by(50)
            .map(|size| front.allocate(layout(size)).expect("there is memory"))
            .collect();
        objects.into_iter().for_each(|object| front.free(object));
        // SAFETY: this thread's own front end, which is not used until it is woken.
        unsafe { heap.fall_asleep(front.at(), threadheap::Calls::None) };
        // SAFETY: this thread's own front end, which sleeps.
        unsafe { heap.wake(front.at()) };
    });
    assert_eq!(calls, 0);
}
