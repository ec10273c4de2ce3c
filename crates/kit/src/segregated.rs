//! Small sizes to one heap by class, the others to another.

use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::NonNull;

use heap::{ClassMap, Heap, SizeClass, SizeClassHeap, object_alignment};

/// A heap that serves layouts with a class in `C` from `S`, and all others from `L`.
///
/// A class serves a layout when its objects are large enough and aligned enough; so an aligned request may get a larger
/// class than its size alone needs, and goes to `L` when no class will do.
pub struct Segregated<C, S, L> {
    small: S,
    large: L,
    classes: PhantomData<fn() -> C>,
}

impl<C, S, L> Segregated<C, S, L> {
    /// Joins the two heaps.
    pub const fn new(small: S, large: L) -> Self {
        Self {
            small,
            large,
            classes: PhantomData,
        }
    }
}

impl<C: ClassMap, S: SizeClassHeap, L: Heap> Segregated<C, S, L> {
    /// The smallest class that serves `layout`.
    #[inline]
    fn class_of(&self, layout: Layout) -> Option<SizeClass> {
        // An object size that is a multiple of the alignment is no less than the size rounded up to one.
        let mut size = layout.pad_to_align().size();
        loop {
            let class = C::class_of(size)?;
            let object_size = self.small.object_size(class);
            if object_size < size {
                // The two tables disagree.
                return None;
            }
            if layout.align() <= object_alignment(object_size) {
                return Some(class);
            }
            size = object_size + 1;
        }
    }
}

// SAFETY: an object of the class that `class_of` finds has the size and the alignment asked for, by the contract of
// `SizeClassHeap`. Both tables are constant by contract, so a block goes back to the heap it came from.
unsafe impl<C: ClassMap, S: SizeClassHeap, L: Heap> Heap for Segregated<C, S, L> {
    #[inline]
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        match self.class_of(layout) {
            Some(class) => self.small.allocate_class(class),
            None => self.large.allocate(layout),
        }
    }

    #[inline]
    unsafe fn deallocate(&mut self, block: NonNull<u8>, layout: Layout) {
        match self.class_of(layout) {
            // SAFETY: `allocate` took the block from there, with the class that the same layout gave then.
            Some(class) => unsafe { self.small.deallocate_class(block, class) },
            // SAFETY: `allocate` took the block from there, with the same layout.
            None => unsafe { self.large.deallocate(block, layout) },
        }
    }
}
