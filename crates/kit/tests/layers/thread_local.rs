//! When a thread has a front end, and when it does without.

use std::alloc::Layout;
use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use heap::{LockedHeap, ThreadLocalHeap};
use kit::{FreeList, ThreadLocal, ThreadSlot};
use proptest::collection::vec;
use proptest::prelude::*;
use shadowheap::{Ledger, shared_heap_suite};

use crate::fronts::{self, Fronts};
use crate::layouts::SCANT;
use crate::region::{Source, source};

/// A heap that gives front ends to `threads` threads at most.
fn fronts(threads: usize, ledger: Ledger) -> ThreadLocal<fronts::Slot, Fronts> {
    // SAFETY: the suite's threads use one heap at a time, and detach from it when they are done.
    unsafe { ThreadLocal::new(Fronts::new(threads, ledger)) }
}

shared_heap_suite!(
    ample,
    || fronts(100, Ledger::new()),
    thread_end = |heap| heap.detach_thread(),
    at_end = |heap| assert_eq!(heap.shared().left(), 100)
);
shared_heap_suite!(
    one_front_end,
    || fronts(1, Ledger::with_budget(SCANT)),
    thread_end = |heap| heap.detach_thread(),
    at_end = |heap| assert_eq!(heap.shared().left(), 1)
);

/// A front end: what is given back through it does not reach the source until it is detached.
type List = FreeList<&'static Source>;

/// A source with front ends, which it refuses to make while `scarce`.
struct Lists {
    source: &'static Source,
    scarce: AtomicBool,
}

// SAFETY: every call goes to the source as it is.
unsafe impl LockedHeap for &Lists {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        LockedHeap::allocate(self.source, layout)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the two contracts are the same.
        unsafe { LockedHeap::deallocate(self.source, block, layout) }
    }
}

// SAFETY: each front end is a fresh allocation; lists and the source take each other's blocks.
unsafe impl ThreadLocalHeap for &Lists {
    type Local = List;

    fn attach(&self) -> Option<NonNull<List>> {
        let make = || NonNull::from(Box::leak(Box::new(FreeList::new(self.source))));
        (!self.scarce.load(Ordering::Relaxed)).then(make)
    }

    unsafe fn detach(&self, local: NonNull<List>) {
        // SAFETY: `attach` leaked this box, and the caller gives it back.
        drop(unsafe { Box::from_raw(local.as_ptr()) });
    }
}

struct Slot;

thread_local! {
    static WORD: Cell<*mut List> = const { Cell::new(ptr::null_mut()) };
}

// SAFETY: the cell is the thread's own and starts with null.
unsafe impl ThreadSlot<List> for Slot {
    fn current() -> *mut List {
        WORD.get()
    }

    unsafe fn set(word: *mut List) {
        WORD.set(word);
    }
}

const OBJECT: Layout = Layout::new::<[u64; 4]>();

fn lists() -> Lists {
    Lists {
        source: Box::leak(Box::new(source(4096))),
        scarce: AtomicBool::new(false),
    }
}

fn over(lists: &Lists) -> ThreadLocal<Slot, &Lists> {
    // SAFETY: each test makes one heap, and its threads detach before they end.
    unsafe { ThreadLocal::new(lists) }
}

/// Asks for a block and gives it back.
fn use_once(heap: &impl LockedHeap) -> NonNull<u8> {
    let block = heap.allocate(OBJECT).expect("room");
    // SAFETY: live, and not used again.
    unsafe { heap.deallocate(block, OBJECT) };
    block
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Use,
    Detach,
    Retire,
    MakeScarce(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => Just(Step::Use),
        3 => Just(Step::Detach),
        1 => Just(Step::Retire),
        3 => any::<bool>().prop_map(Step::MakeScarce),
    ]
}

/// What a thread has.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Has {
    NoFront,
    /// A front end, which may keep a block.
    Front {
        keeps: bool,
    },
    Retired,
}

/// Does `steps` on a thread that has not used a heap yet, and says after each what must have come back to the source.
fn live_by(steps: &[Step]) {
    let lists = lists();
    let heap = over(&lists);
    let (mut has, mut returned) = (Has::NoFront, 0);
    let leave = |has, returned: &mut usize| {
        *returned += usize::from(has == Has::Front { keeps: true });
    };
    for &step in steps {
        match step {
            Step::Use => {
                if has == Has::NoFront && !lists.scarce.load(Ordering::Relaxed) {
                    has = Has::Front { keeps: false };
                }
                match &mut has {
                    Has::Front { keeps } => *keeps = true,
                    Has::NoFront | Has::Retired => returned += 1,
                }
                use_once(&heap);
            }
            Step::Detach => {
                leave(has, &mut returned);
                if has != Has::Retired {
                    has = Has::NoFront;
                }
                heap.detach_thread();
            }
            Step::Retire => {
                leave(has, &mut returned);
                has = Has::Retired;
                heap.retire_thread();
            }
            Step::MakeScarce(scarce) => lists.scarce.store(scarce, Ordering::Relaxed),
        }
        assert_eq!(lists.source.counts().deallocations, returned, "{step:?}");
    }
    heap.retire_thread();
    assert_eq!(lists.source.counts().live_blocks(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A thread attaches when it can and has not retired, uses the shared heap otherwise, and is served always.
    #[test]
    fn a_thread_is_always_served(steps in vec(step(), 0..40)) {
        let lived = thread::scope(|scope| scope.spawn(|| live_by(&steps)).join());
        prop_assert!(lived.is_ok());
    }
}

#[test]
fn a_thread_attaches_at_its_first_request_and_after_it_has_detached() {
    let lists = lists();
    let heap = over(&lists);
    for returned in 0..3 {
        use_once(&heap);
        assert_eq!(
            lists.source.counts().deallocations,
            returned,
            "the front end keeps it"
        );
        heap.detach_thread();
        assert_eq!(lists.source.counts().deallocations, returned + 1);
        heap.detach_thread();
    }
    assert_eq!(lists.source.counts().live_blocks(), 0);
}

#[test]
fn a_thread_without_a_front_end_uses_the_shared_heap_until_it_gets_one() {
    let lists = lists();
    let heap = over(&lists);
    lists.scarce.store(true, Ordering::Relaxed);
    use_once(&heap);
    assert_eq!(lists.source.counts().deallocations, 1);
    lists.scarce.store(false, Ordering::Relaxed);
    use_once(&heap);
    assert_eq!(
        lists.source.counts().deallocations,
        1,
        "the front end keeps it"
    );
    heap.detach_thread();
}

#[test]
fn a_retired_thread_is_served_but_never_attaches_again() {
    let lists = lists();
    let heap = over(&lists);
    use_once(&heap);
    heap.retire_thread();
    assert_eq!(lists.source.counts().live_blocks(), 0);
    for returned in 2..5 {
        use_once(&heap);
        assert_eq!(
            lists.source.counts().deallocations,
            returned,
            "nobody keeps it"
        );
        heap.detach_thread();
        heap.retire_thread();
    }
}

#[test]
fn threads_do_not_share_front_ends_but_take_each_others_blocks() {
    let lists = lists();
    let heap = over(&lists);
    let mine = use_once(&heap);
    let theirs = thread::scope(|scope| {
        let other = scope.spawn(|| {
            let block = heap.allocate(OBJECT).expect("room");
            heap.retire_thread();
            block.addr()
        });
        other.join().expect("no panic")
    });
    assert_ne!(theirs, mine.addr(), "that block is in this thread's list");
    assert_eq!(heap.allocate(OBJECT), Some(mine));
    let theirs = mine.with_addr(theirs);
    for block in [mine, theirs] {
        // SAFETY: both are live, and not used again.
        unsafe { heap.deallocate(block, OBJECT) };
    }
    heap.detach_thread();
    assert_eq!(lists.source.counts().live_blocks(), 0);
}
