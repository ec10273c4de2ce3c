//! One heap for each size class.

use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::NonNull;

use heap::{ClassMap, Heap, SizeClass, SizeClassHeap, object_alignment};

/// A [`SizeClassHeap`] of `N` heaps, each of which serves one class of `C` and sees one layout only.
pub struct PerClass<C, H, const N: usize> {
    heaps: [H; N],
    classes: PhantomData<fn() -> C>,
}

impl<C: ClassMap, H, const N: usize> PerClass<C, H, N> {
    /// The heap of class `i` is `heaps[i]`. There must be one for each class; the compiler checks it.
    pub const fn new(heaps: [H; N]) -> Self {
        const { assert!(N == C::COUNT, "one heap for each class") };
        Self {
            heaps,
            classes: PhantomData,
        }
    }
}

/// What an object of `class` asks of its heap; `None` for a class whose objects fit no address space.
fn object_layout<C: ClassMap>(class: SizeClass) -> Option<Layout> {
    let size = C::object_size(class);
    Layout::from_size_align(size, object_alignment(size)).ok()
}

// SAFETY: an object is a block of its class's heap with the layout that the contract describes; `object_size` is
// constant by the contract of `ClassMap`, so it goes back with the same layout.
unsafe impl<C: ClassMap, H: Heap, const N: usize> SizeClassHeap for PerClass<C, H, N> {
    #[inline]
    fn object_size(&self, class: SizeClass) -> usize {
        C::object_size(class)
    }

    #[inline]
    fn allocate_class(&mut self, class: SizeClass) -> Option<NonNull<u8>> {
        let heap = self.heaps.get_mut(class.index())?;
        heap.allocate(object_layout::<C>(class)?)
    }

    #[inline]
    unsafe fn deallocate_class(&mut self, object: NonNull<u8>, class: SizeClass) {
        // Objects exist only of classes for which both are there.
        if let Some(heap) = self.heaps.get_mut(class.index())
            && let Some(layout) = object_layout::<C>(class)
        {
            // SAFETY: `allocate_class` took the object from this heap with this layout.
            unsafe { heap.deallocate(object, layout) }
        }
    }
}
