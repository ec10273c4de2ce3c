//! The suite on layers in other orders than the examples have.

use heap::{Heap, SpinLock};
use kit::{Checked, Counted, FreeList, Locked, Violation, Zone};
use shadowheap::{Ledger, shadow_heap_suite, shared_heap_suite};

use crate::segregated::segregated;

/// So little memory that random sequences run out of it.
pub(crate) const SCANT: usize = 200_000;

/// Checks a program that makes no mistakes.
pub(crate) fn strict<H: Heap>(below: H) -> Checked<H, 5> {
    fn report(violation: Violation) {
        panic!("a correct program did this? {violation:?}");
    }
    Checked::new(below, report)
}

fn locked<H: Heap>(heap: H) -> Locked<SpinLock, H> {
    Locked::new(heap)
}

shared_heap_suite!(
    ledger,
    Ledger::new,
    at_end = |ledger| assert_eq!(ledger.blocks_out(), 0)
);
shared_heap_suite!(locked_segregated_scant, || locked(segregated(
    Ledger::with_budget(SCANT)
)));
shared_heap_suite!(locked_checked, || locked(strict(Ledger::new())));
shadow_heap_suite!(checked_zone, || strict(Zone::<_, 4096>::new(Ledger::new())));
shadow_heap_suite!(zone_of_checked_chunks, || Zone::<_, 4096>::new(strict(
    FreeList::new(Ledger::new())
)));
shadow_heap_suite!(
    counted_around_checked,
    || Counted::new(strict(segregated(Ledger::new()))),
    at_end = |heap| assert_eq!(heap.counts().live_blocks(), 0)
);
