//! Front ends come, go, and serve other threads.

use std::alloc::Layout;
use std::sync::Barrier;
use std::thread;

use heap::{LockedHeap, ThreadLocalHeap};

use crate::program::{Attached, Object, heap};

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 1).expect("a plain layout")
}

#[test]
fn a_front_end_that_was_given_back_serves_again() {
    let heap = heap();
    let mut first = Attached::to(&heap);
    let object = first.allocate(layout(100)).expect("there is memory");
    first.free(object);
    let (at, owner) = (first.at(), first.front().owner());
    assert_eq!((heap.stats().attached, heap.stats().made), (1, 1));
    drop(first);
    assert_eq!((heap.stats().attached, heap.stats().made), (0, 1));
    let mut again = Attached::to(&heap);
    assert_eq!((again.at(), again.front().owner()), (at, owner));
    assert_eq!(again.kept_bytes(), 0);
    // While it is out, another is made.
    let other = Attached::to(&heap);
    assert_ne!(other.at(), again.at());
    assert_eq!((heap.stats().attached, heap.stats().made), (2, 2));
    // However many were given back, all of them serve again.
    let more: Vec<_> = (0..5).map(|_| Attached::to(&heap)).collect();
    drop((again, other, more));
    let all: Vec<_> = (0..7).map(|_| Attached::to(&heap)).collect();
    assert_eq!((heap.stats().attached, heap.stats().made), (7, 7));
    drop(all);
}

#[test]
fn no_two_have_the_same_owner() {
    let heap = heap();
    let mut fronts: Vec<_> = (0..50).map(|_| Attached::to(&heap)).collect();
    let owners: std::collections::BTreeSet<_> = fronts
        .iter_mut()
        .map(|front| front.front().owner())
        .collect();
    assert_eq!(owners.len(), 50);
    assert!(!owners.contains(&heap::OwnerId::NOBODY));
}

#[test]
fn a_heap_without_memory_makes_no_front_end_and_recovers() {
    let heap = heap();
    heap.global().pages().os().refuse(0, u64::MAX);
    assert!(heap.attach().is_none());
    assert!(heap.allocate(layout(10)).is_none());
    assert!(heap.allocate(layout(100_000)).is_none());
    heap.global().pages().os().refuse(0, 0);
    let mut front = Attached::to(&heap);
    let object = front.allocate(layout(10)).expect("there is memory again");
    front.free(object);
    assert_eq!((heap.stats().attached, heap.stats().made), (1, 1));
}

#[test]
fn an_exhausted_heap_refuses_and_serves_again_when_objects_are_freed() {
    let heap = heap();
    let mut front = Attached::to(&heap);
    let mut all: Vec<Object> = std::iter::from_fn(|| front.allocate(layout(4000))).collect();
    assert!(all.len() > 10_000);
    assert!(front.allocate(layout(1_000_000)).is_none());
    for object in all.drain(..1000) {
        front.free(object);
    }
    front.front().flush();
    // Some of it may serve the front end itself.
    all.extend((0..900).map(|_| front.allocate(layout(4000)).expect("room for as many")));
    all.into_iter().for_each(|object| front.free(object));
}

#[test]
fn the_shared_heap_serves_and_takes_what_front_ends_have() {
    let heap = heap();
    let mut front = Attached::to(&heap);
    let class = |size| <miniheap::SpanClasses as heap::ClassMap>::class_of(size).expect("small");
    let direct = heap.allocate(layout(200)).expect("there is memory");
    let object = front.allocate(layout(200)).expect("there is memory");
    // SAFETY: each is live, and given up here.
    unsafe { heap.deallocate(object.start, object.layout) };
    // SAFETY: live, and given up here.
    unsafe { heap::Heap::deallocate(front.front(), direct, layout(200)) };
    front.front().flush();
    assert_eq!(heap.global().class_stats(class(200)).live, 0);
    let large = heap.allocate(layout(1 << 20)).expect("there is memory");
    // SAFETY: live, and given up here.
    unsafe { heap::Heap::deallocate(front.front(), large, layout(1 << 20)) };
    assert_eq!(heap.global().stats().large_count, 0);
}

/// Objects that one thread gets and another gives up, all at the same time.
#[test]
fn objects_change_threads() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 30;
    let heap = heap();
    let mailboxes: [std::sync::Mutex<Vec<Object>>; THREADS] = Default::default();
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (heap, mailboxes, start) = (&*heap, &mailboxes, &start);
            scope.spawn(move || {
                start.wait();
                for round in 0..ROUNDS {
                    // A thread's front end may be another one in each round.
                    let mut front = Attached::to(heap);
                    let mine = (0..200).map(|nth| {
                        let size = 16 + (nth * 37 + round * 11) % 700;
                        let mut object = front.allocate(layout(size)).expect("there is memory");
                        object.fill((number * 60 + round + 1) as u8);
                        object
                    });
                    let mine: Vec<_> = mine.collect();
                    mailboxes[(number + 1) % THREADS]
                        .lock()
                        .expect("sound")
                        .extend(mine);
                    let theirs = std::mem::take(&mut *mailboxes[number].lock().expect("sound"));
                    theirs.into_iter().for_each(|object| front.free(object));
                }
            });
        }
    });
    let mut front = Attached::to(&heap);
    for mailbox in mailboxes {
        mailbox
            .into_inner()
            .expect("sound")
            .into_iter()
            .for_each(|object| front.free(object));
    }
    front.front().flush();
    heap.global().below().purge();
    assert!(
        heap.global()
            .classes()
            .all(|class| class.live == 0 && class.spans == 0)
    );
    assert!(heap.stats().made <= THREADS + 1);
}
