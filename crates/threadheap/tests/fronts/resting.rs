//! What is left with a front end whose thread sleeps.

use std::alloc::Layout;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use threadheap::Calls;

use crate::program::{Attached, Shared, heap, heap_with_clock};

/// Bytes that a sleeping thread may keep.
const LITTLE: usize = 8 << 10;
/// Milliseconds that are long for whoever sleeps.
const LONG: u64 = 1_000;

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 1).expect("a plain layout")
}

/// A heap whose clock shows a late time already.
fn late_heap() -> (Box<Shared>, Arc<AtomicU64>) {
    let (heap, clock) = heap_with_clock();
    pass(&clock);
    (heap, clock)
}

/// Lets a long time pass.
fn pass(clock: &AtomicU64) {
    clock.fetch_add(LONG, Ordering::Relaxed);
}

/// Lets a front end keep many slots of several sizes.
fn work(front: &mut Attached<'_>) {
    for size in [16, 100, 700, 3_000] {
        let objects: Vec<_> = (0..200)
            .map(|_| front.allocate(layout(size)).expect("there is memory"))
            .collect();
        objects.into_iter().for_each(|object| front.free(object));
    }
    assert!(front.kept_bytes() > 2 * LITTLE);
}

/// Bytes of the slots that threads keep, without those that pass between them.
fn kept_by_threads(heap: &Shared) -> usize {
    heap.kept_bytes() - heap.global().below().waiting_bytes()
}

fn sleep(heap: &Shared, front: &Attached<'_>, calls: Calls) {
    // SAFETY: this thread's own front end, which is not used until it is woken.
    unsafe { heap.fall_asleep(front.at(), calls) };
}

fn wake(heap: &Shared, front: &Attached<'_>) {
    // SAFETY: this thread's own front end.
    unsafe { heap.wake(front.at()) };
}

#[test]
fn the_first_sleep_gives_everything_back() {
    let (heap, _) = late_heap();
    let mut front = Attached::to(&heap);
    work(&mut front);
    sleep(&heap, &front, Calls::None);
    assert_eq!(kept_by_threads(&heap), 0);
    heap.global().below().purge();
    assert_eq!(heap.global().stats().small_bytes, 0);
    wake(&heap, &front);
    // It works as before.
    work(&mut front);
}

#[test]
fn below_a_handler_the_newest_slot_of_each_class_stays() {
    let (heap, _) = late_heap();
    let mut front = Attached::to(&heap);
    let object = front.allocate(layout(700)).expect("there is memory");
    let newest = object.start;
    work(&mut front);
    front.free(object);
    sleep(&heap, &front, Calls::One);
    assert_eq!(front.kept_bytes(), 16 + 112 + 768 + 3_072);
    wake(&heap, &front);
    let again = front.allocate(layout(700)).expect("it is at hand");
    assert_eq!(again.start, newest);
    front.free(again);
}

#[test]
fn who_sleeps_often_keeps_its_slots() {
    let (heap, clock) = late_heap();
    let mut front = Attached::to(&heap);
    sleep(&heap, &front, Calls::None);
    wake(&heap, &front);
    work(&mut front);
    let kept = front.kept_bytes();
    for _ in 0..1_000 {
        sleep(&heap, &front, Calls::None);
        wake(&heap, &front);
        let object = front.allocate(layout(100)).expect("it is at hand");
        front.free(object);
    }
    assert_eq!(front.kept_bytes(), kept);
    // Not for ever.
    pass(&clock);
    for _ in 0..100 {
        sleep(&heap, &front, Calls::None);
        wake(&heap, &front);
    }
    assert_eq!(front.kept_bytes(), 0);
}

#[test]
fn who_sleeps_on_is_relieved_by_others() {
    let (heap, clock) = late_heap();
    let mut sleeper = Attached::to(&heap);
    sleep(&heap, &sleeper, Calls::None);
    wake(&heap, &sleeper);
    // Right after its last sleep it does not give back by itself.
    work(&mut sleeper);
    let kept = sleeper.kept_bytes();
    sleep(&heap, &sleeper, Calls::None);
    assert_eq!(kept_by_threads(&heap), kept);
    let mut awake = Attached::to(&heap);
    work(&mut awake);
    // One look sees that it sleeps, the next one that it still does.
    for expected in [kept, 0] {
        pass(&clock);
        heap.look_after_sleepers_if_due();
        assert_eq!(kept_by_threads(&heap) - awake.kept_bytes(), expected);
    }
    wake(&heap, &sleeper);
    work(&mut sleeper);
}

#[test]
fn all_of_many_are_relieved() {
    let (heap, _) = late_heap();
    let mut fronts: Vec<_> = (0..100).map(|_| Attached::to(&heap)).collect();
    for front in &mut fronts {
        sleep(&heap, front, Calls::None);
        wake(&heap, front);
        work(front);
        sleep(&heap, front, Calls::None);
    }
    assert!(heap.kept_bytes() > 100 * LITTLE);
    let live = heap.global().stats().small_bytes;
    assert_eq!(live, heap.kept_bytes());
    heap.relieve_sleepers();
    assert_eq!(kept_by_threads(&heap), 0);
    heap.global().below().purge();
    assert_eq!(heap.kept_bytes(), 0);
    assert_eq!(heap.global().stats().small_bytes, 0);
    for front in &mut fronts {
        wake(&heap, front);
        work(front);
    }
}

#[test]
fn slots_in_use_are_those_of_the_program_and_those_that_are_kept() {
    let heap = heap();
    let mut front = Attached::to(&heap);
    work(&mut front);
    let objects: Vec<_> = (0..50)
        .map(|_| front.allocate(layout(96)).expect("there is memory"))
        .collect();
    let mut other = Attached::to(&heap);
    // Every other one is on its way home.
    for object in objects.into_iter().step_by(2) {
        other.free(object);
    }
    let small = heap.global().stats().small_bytes;
    assert_eq!(small - heap.kept_bytes(), 25 * 96);
    assert_eq!(
        kept_by_threads(&heap),
        front.kept_bytes() + other.kept_bytes(),
        "nobody works meanwhile"
    );
}

#[test]
fn sleepers_wake_while_they_are_relieved() {
    let heap = heap();
    let heap = &*heap;
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let sleepers: Vec<_> = (0..3_u8)
            .map(|number| {
                scope.spawn(move || {
                    let mut front = Attached::to(heap);
                    for round in 0..3_000_u32 {
                        let mut objects: Vec<_> = (0..40)
                            .map(|i| front.allocate(layout(16 + 50 * (i % 9))).expect("memory"))
                            .collect();
                        for object in &mut objects {
                            object.fill(number ^ round as u8);
                        }
                        let rest = objects.split_off(20);
                        objects.into_iter().for_each(|object| front.free(object));
                        sleep(heap, &front, Calls::None);
                        wake(heap, &front);
                        // Each is found as it was left: nobody got it meanwhile.
                        rest.into_iter().for_each(|object| front.free(object));
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                heap.relieve_sleepers();
            }
        });
        let ended: Vec<_> = sleepers
            .into_iter()
            .map(thread::ScopedJoinHandle::join)
            .collect();
        stop.store(true, Ordering::Relaxed);
        assert!(ended.into_iter().all(|result| result.is_ok()));
    });
    heap.global().below().purge();
    assert_eq!(heap.global().stats().small_bytes, 0);
}
