//! Which layouts go to which class.

use std::alloc::Layout;
use std::ptr::NonNull;

use heap::{Heap, object_alignment};
use kit::{FreeList, Nothing, PerClass, PowersOfTwo, Segregated};
use proptest::prelude::*;
use shadowheap::{Ledger, shadow_heap_suite};

use crate::layouts::SCANT;
use crate::region::source;
use crate::uneven::{SIZES, Uneven};

type Classes = PowersOfTwo<10>;

pub(crate) fn segregated(ledger: Ledger) -> impl Heap + Send {
    let lists = std::array::from_fn(|_| FreeList::new(ledger.clone()));
    Segregated::<Classes, _, _>::new(PerClass::<Classes, _, 10>::new(lists), ledger)
}

shadow_heap_suite!(ample, || segregated(Ledger::new()));
shadow_heap_suite!(scant, || segregated(Ledger::with_budget(SCANT)));

/// Hands out its number as an address, to show where a request went.
struct Marks(usize);

fn mark(number: usize) -> NonNull<u8> {
    NonNull::without_provenance(number.try_into().expect("not zero"))
}

// SAFETY: none; the tests below never touch the blocks.
unsafe impl Heap for Marks {
    fn allocate(&mut self, _: Layout) -> Option<NonNull<u8>> {
        Some(mark(self.0))
    }

    unsafe fn deallocate(&mut self, block: NonNull<u8>, _: Layout) {
        assert_eq!(block, mark(self.0), "goes back where it came from");
    }
}

/// The heap that serves a layout: 1 to 4 are the classes, 5 is the one for the rest.
fn route(size: usize, align: usize) -> usize {
    let classes = PerClass::<Uneven, _, 4>::new([1, 2, 3, 4].map(Marks));
    let mut heap = Segregated::<Uneven, _, _>::new(classes, Marks(5));
    let layout = Layout::from_size_align(size, align).expect("plain");
    let block = heap.allocate(layout).expect("marks never run out");
    // SAFETY: it goes back with the layout that it came for.
    unsafe { heap.deallocate(block, layout) };
    block.addr().get()
}

proptest! {
    /// The smallest class whose objects are large enough and aligned enough serves, and gets its objects back.
    #[test]
    fn the_smallest_class_that_will_do(size in 0..=(5_usize << 12), bits in 0..=13_u32) {
        let align = 1 << bits;
        let does = |&object: &usize| object >= size && object_alignment(object) >= align;
        let class = SIZES.iter().position(does).unwrap_or(SIZES.len());
        prop_assert_eq!(route(size, align), class + 1);
    }
}

#[test]
fn the_smallest_class_with_room_and_alignment_serves() {
    assert_eq!(route(1, 1), 1);
    assert_eq!(route(16, 16), 1);
    assert_eq!(route(17, 16), 2);
    assert_eq!(route(17, 32), 3, "48 is no multiple of 32");
    assert_eq!(route(1, 64), 3);
    assert_eq!(route(1, 128), 4, "the size rounds up past the class of 64");
    assert_eq!(route(65, 4096), 4);
    assert_eq!(route(1, 8192), 5, "no object size is a multiple");
    assert_eq!(route(3 << 12, 1), 4);
    assert_eq!(route((3 << 12) + 1, 1), 5);
    assert_eq!(route(isize::MAX as usize, 1), 5);
}

#[test]
fn a_class_without_memory_refuses_and_the_others_go_on() {
    let source = source(64);
    let classes = PerClass::<Uneven, _, 4>::new([(); 4].map(|()| &source));
    let mut heap = Segregated::<Uneven, _, _>::new(classes, Nothing);
    assert_eq!(heap.allocate(Layout::new::<[u64; 9]>()), None);
    assert!(heap.allocate(Layout::new::<[u64; 8]>()).is_some());
    assert_eq!(heap.allocate(Layout::new::<u8>()), None);
}
