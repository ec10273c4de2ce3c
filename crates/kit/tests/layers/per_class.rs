//! Each heap serves one class, and sees one layout.

use std::alloc::Layout;
use std::ptr::NonNull;

use heap::{ClassMap, Heap, SizeClass, SizeClassHeap};
use kit::{PerClass, Segregated};
use shadowheap::{Ledger, shadow_heap_suite};

use crate::uneven::{SIZES, Uneven};

/// A ledger that serves one layout only.
struct Single(Layout, Ledger);

// SAFETY: every call goes to the ledger as it is.
unsafe impl Heap for Single {
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        assert_eq!(layout, self.0);
        Heap::allocate(&mut self.1, layout)
    }

    unsafe fn deallocate(&mut self, block: NonNull<u8>, layout: Layout) {
        assert_eq!(layout, self.0);
        // SAFETY: the two contracts are the same.
        unsafe { Heap::deallocate(&mut self.1, block, layout) }
    }
}

fn singles(ledger: &Ledger) -> PerClass<Uneven, Single, 4> {
    let layouts = [(16, 16), (48, 16), (64, 64), (3 << 12, 1 << 12)];
    PerClass::new(layouts.map(|(size, align)| {
        let layout = Layout::from_size_align(size, align).expect("plain");
        Single(layout, ledger.clone())
    }))
}

shadow_heap_suite!(singles_in_front, || {
    let ledger = Ledger::new();
    Segregated::<Uneven, _, _>::new(singles(&ledger), ledger)
});

#[test]
fn there_are_no_other_classes() {
    let mut classes = singles(&Ledger::new());
    for class in 0..4 {
        let object_size = classes.object_size(SizeClass(class));
        assert_eq!(object_size, SIZES[usize::from(class)]);
        assert_eq!(object_size, Uneven::object_size(SizeClass(class)));
    }
    assert_eq!(classes.allocate_class(SizeClass(4)), None);
}
