//! Kingsley's allocator: sizes are rounded up to powers of two, and each has a list of free blocks that never merge.

use core::alloc::Layout;
use core::ptr::NonNull;
use std::thread;

use heap::{Heap, SpinLock};
use kit::{Bump, Counted, FreeList, Locked, Nothing, PerClass, PowersOfTwo, Segregated};

/// 16 bytes to 8 MiB.
pub(crate) type Classes = PowersOfTwo<20>;
/// A free list for each class over a source `S` that the classes share; nothing for larger sizes.
pub(crate) type Kingsley<S> = Segregated<Classes, PerClass<Classes, FreeList<S>, 20>, Nothing>;
type Source = Counted<Locked<SpinLock, Bump>>;

static mut REGION: [u8; 64 << 20] = [0; 64 << 20];
static SOURCE: Source = {
    let region = NonNull::new(&raw mut REGION as *mut [u8]).expect("a static has an address");
    // SAFETY: the region is there for ever, and nothing else in this program names it.
    Counted::new(Locked::new(unsafe { Bump::over(region) }))
};
static HEAP: Counted<Locked<SpinLock, Kingsley<&Source>>> =
    Counted::new(Locked::new(Kingsley::new(
        PerClass::new([const { FreeList::new(&SOURCE) }; 20]),
        Nothing,
    )));

/// Fills a table with blocks of many sizes, again and again.
fn churn(mut heap: impl Heap, seed: usize) {
    let mut table = [None; 64];
    for turn in 0..100_000_usize {
        let place = &mut table[turn * 37 % 64];
        if let Some((block, layout)) = place.take() {
            // SAFETY: the block came from this heap with this layout, and has just left the table.
            unsafe { heap.deallocate(block, layout) };
        }
        let layout = Layout::array::<u64>(1 + turn * seed % 500).expect("small");
        *place = heap.allocate(layout).map(|block| (block, layout));
    }
    for (block, layout) in table.into_iter().flatten() {
        // SAFETY: what is in the table came from this heap with its layout, and the table is gone.
        unsafe { heap.deallocate(block, layout) };
    }
}

fn main() {
    thread::scope(|scope| {
        for seed in [7, 11, 13, 17] {
            scope.spawn(move || churn(&HEAP, seed));
        }
    });
    println!("the program: {:?}", HEAP.counts());
    println!("the region:  {:?}", SOURCE.counts());
}

#[cfg(test)]
mod tests {
    use super::*;
    use heap::ClassMap;
    use shadowheap::{Ledger, shadow_heap_suite, shared_heap_suite};

    fn kingsley(ledger: Ledger) -> Kingsley<Ledger> {
        let lists = std::array::from_fn(|_| FreeList::new(ledger.clone()));
        Kingsley::new(PerClass::new(lists), Nothing)
    }

    shadow_heap_suite!(ample, || super::kingsley(Ledger::new()));
    shadow_heap_suite!(scant, || super::kingsley(Ledger::with_budget(200_000)));
    shared_heap_suite!(locked, || Locked::<SpinLock, _>::new(super::kingsley(
        Ledger::new()
    )));

    #[test]
    fn a_block_is_less_than_twice_as_large_as_was_asked() {
        for size in 9..=8 << 20 {
            let class = Classes::class_of(size).expect("a class");
            assert!(Classes::object_size(class) < 2 * size);
        }
    }
}
