//! The suite on the generic layers, one by one and stacked.

#[path = "../../examples/kingsley.rs"]
#[expect(dead_code, reason = "only its types are used, on another source")]
mod kingsley;

use std::alloc::Layout;
use std::ptr::NonNull;

use crate::fronts::{Fronts, Slot};
use heap::{Heap, SpinLock};
use kingsley::Kingsley;
use kit::{
    Bump, Checked, Counted, FreeList, Locked, Nothing, PerClass, PowersOfTwo, Segregated,
    ThreadLocal, Violation, Zone,
};
use shadowheap::{Ledger, shadow_heap_suite, shared_heap_suite};

/// So little memory that random sequences run out of it.
const SCANT: usize = 200_000;

/// A `Bump` together with its region.
struct Region {
    bump: Bump,
    memory: NonNull<u8>,
    ledger: Ledger,
}

const REGION: Layout = Layout::new::<[u64; 1 << 18]>();

impl Region {
    fn new() -> Self {
        let mut ledger = Ledger::new();
        let memory = Heap::allocate(&mut ledger, REGION).expect("2 MiB");
        let region = NonNull::slice_from_raw_parts(memory, REGION.size());
        // SAFETY: the region is a block of the ledger until the drop, and only the bump uses it.
        let bump = unsafe { Bump::over(region) };
        Self {
            bump,
            memory,
            ledger,
        }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: the ledger's block, with its layout.
        unsafe { Heap::deallocate(&mut self.ledger, self.memory, REGION) };
    }
}

// SAFETY: every call goes to the bump as it is.
unsafe impl Heap for Region {
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        self.bump.allocate(layout)
    }

    unsafe fn deallocate(&mut self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the two contracts are the same.
        unsafe { self.bump.deallocate(block, layout) }
    }
}

type Classes = PowersOfTwo<10>;

fn segregated(ledger: Ledger) -> impl Heap + Send {
    let lists = std::array::from_fn(|_| FreeList::new(ledger.clone()));
    Segregated::<Classes, _, _>::new(PerClass::<Classes, _, 10>::new(lists), ledger)
}

fn checked(ledger: Ledger) -> Checked<Ledger, 5> {
    fn report(violation: Violation) {
        panic!("a correct program did this? {violation:?}");
    }
    Checked::new(ledger, report)
}

fn kingsley(ledger: Ledger) -> Kingsley<Ledger> {
    let lists = std::array::from_fn(|_| FreeList::new(ledger.clone()));
    Segregated::new(PerClass::new(lists), Nothing)
}

fn locked<H: Heap>(heap: H) -> Locked<SpinLock, H> {
    Locked::new(heap)
}

/// A heap that gives front ends to `threads` threads at most.
fn thread_local(threads: usize, ledger: Ledger) -> ThreadLocal<Slot, Fronts> {
    // SAFETY: the suite's threads use one heap at a time, and detach from it when they are done.
    unsafe { ThreadLocal::new(Fronts::new(threads, ledger)) }
}

shadow_heap_suite!(bump, Region::new);
shadow_heap_suite!(zone, || Zone::<_, 4096>::new(Ledger::new()));
shadow_heap_suite!(zone_scant, || Zone::<_, 4096>::new(Ledger::with_budget(
    SCANT
)));
shadow_heap_suite!(free_list, || FreeList::new(Ledger::new()));
shadow_heap_suite!(segregated_ample, || segregated(Ledger::new()));
shadow_heap_suite!(segregated_scant, || segregated(Ledger::with_budget(SCANT)));
shadow_heap_suite!(checked_ample, || checked(Ledger::new()));
shadow_heap_suite!(checked_scant, || checked(Ledger::with_budget(SCANT)));
shadow_heap_suite!(
    counted,
    || Counted::new(Ledger::new()),
    at_end = |heap| {
        assert_eq!(
            (heap.counts().live_blocks(), heap.counts().live_bytes),
            (0, 0)
        );
    }
);
shadow_heap_suite!(kingsley_ample, || super::kingsley(Ledger::new()));
shadow_heap_suite!(kingsley_scant, || super::kingsley(Ledger::with_budget(
    SCANT
)));
shadow_heap_suite!(
    kingsley_checked_and_counted,
    || Counted::new(Checked::<_, 5>::new(
        super::kingsley(Ledger::new()),
        |violation| { panic!("a correct program did this? {violation:?}") }
    )),
    at_end = |heap| assert_eq!(heap.counts().live_blocks(), 0)
);

shared_heap_suite!(
    ledger,
    Ledger::new,
    at_end = |ledger| assert_eq!(ledger.blocks_out(), 0)
);
shared_heap_suite!(locked_free_list, || locked(FreeList::new(Ledger::new())));
shared_heap_suite!(locked_segregated_scant, || locked(segregated(
    Ledger::with_budget(SCANT)
)));
shared_heap_suite!(locked_checked, || locked(checked(Ledger::new())));
shared_heap_suite!(locked_kingsley, || locked(super::kingsley(Ledger::new())));
shared_heap_suite!(
    counted_locked,
    || Counted::new(locked(FreeList::new(Ledger::new()))),
    at_end = |heap| assert_eq!(
        (heap.counts().live_blocks(), heap.counts().live_bytes),
        (0, 0)
    )
);
shared_heap_suite!(
    thread_local_ample,
    || thread_local(usize::MAX, Ledger::new()),
    thread_end = |heap| heap.detach_thread()
);
shared_heap_suite!(
    thread_local_one_front_end,
    || thread_local(1, Ledger::with_budget(SCANT)),
    thread_end = |heap| heap.detach_thread()
);
