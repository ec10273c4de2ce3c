//! Which layouts go to which class.

use std::alloc::Layout;
use std::ptr::NonNull;

use crate::region::source;
use heap::{ClassMap, Heap, SizeClass, SizeClassHeap, object_alignment};
use kit::{Nothing, PerClass, PowersOfTwo, Segregated};
use proptest::prelude::*;

/// Objects of 16, 48, 64 and 4096 × 3 bytes: three of them not powers of two.
struct Uneven;

const SIZES: [usize; 4] = [16, 48, 64, 3 << 12];

// SAFETY: a constant table in ascending order.
unsafe impl ClassMap for Uneven {
    const COUNT: usize = 4;
    const LARGEST: usize = 3 << 12;

    fn class_of(size: usize) -> Option<SizeClass> {
        let class = SIZES.iter().position(|&object| size <= object)?;
        Some(SizeClass(class as u8))
    }

    fn object_size(class: SizeClass) -> usize {
        SIZES[class.index()]
    }
}

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
fn no_class_promises_more_than_a_page() {
    assert_eq!(object_alignment(48), 16);
    assert_eq!(object_alignment(1 << 12), 1 << 12);
    assert_eq!(object_alignment(1 << 16), 1 << 12);
}

#[test]
fn a_class_heap_sees_one_layout_only() {
    struct Expects(Layout);
    // SAFETY: no block is ever returned.
    unsafe impl Heap for Expects {
        fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
            assert_eq!(layout, self.0);
            None
        }

        unsafe fn deallocate(&mut self, _: NonNull<u8>, _: Layout) {}
    }
    let layouts = [(16, 16), (48, 16), (64, 64), (3 << 12, 1 << 12)];
    let heaps =
        layouts.map(|(size, align)| Expects(Layout::from_size_align(size, align).expect("plain")));
    let mut classes = PerClass::<Uneven, _, 4>::new(heaps);
    for class in 0..4 {
        assert_eq!(
            classes.object_size(SizeClass(class)),
            SIZES[usize::from(class)]
        );
        assert_eq!(classes.allocate_class(SizeClass(class)), None);
    }
    assert_eq!(
        classes.allocate_class(SizeClass(4)),
        None,
        "there is no such class"
    );
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

proptest! {
    #[test]
    fn powers_of_two_keep_the_promises_of_a_class_map(size in 0..=(16_usize << 19)) {
        type Classes = PowersOfTwo<20>;
        let class = Classes::class_of(size).expect("not above the largest");
        let object = Classes::object_size(class);
        prop_assert!(class.index() < Classes::COUNT);
        prop_assert!(object >= size);
        prop_assert!(object == 16 || object / 2 < size, "the smallest that has room");
        prop_assert_eq!(Classes::class_of(object), Some(class));
        prop_assert_eq!(Classes::class_of(Classes::LARGEST + 1 + size), None);
    }
}
