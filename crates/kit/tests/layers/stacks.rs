//! The suite on layers in other orders than the examples have.

use heap::{Heap, SpinLock};
use kit::{Counted, FreeList, Locked, Zone};
use shadowheap::{Ledger, shadow_heap_suite, shared_heap_suite};

use crate::checked::strict;
use crate::layouts::SCANT;
use crate::segregated::segregated;

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
