//! The four traits. They say what a layer promises to the layer above.

use core::alloc::Layout;
use core::ptr::NonNull;

use crate::number::SizeClass;

/// A heap with one owner.
///
/// # Safety
/// * A block returned for `layout` is valid for reads and writes of `layout.size()` bytes, is aligned to
///   `layout.align()`, and overlaps no other block that is live.
/// * The block stays valid until it is passed to [`deallocate`](Self::deallocate) or the heap is dropped; moving the
///   heap does not move its blocks.
/// * A layout of size zero may be refused; it never yields a block that overlaps another.
pub unsafe trait Heap {
    /// A block of at least `layout.size()` bytes, or `None` when there is no memory for it. Its content is unspecified.
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>>;

    /// Takes a block back.
    ///
    /// # Safety
    /// * `block` came from [`allocate`](Self::allocate) of this heap with the same `layout`.
    /// * It has not been given back since, and nobody uses it any more.
    unsafe fn deallocate(&mut self, block: NonNull<u8>, layout: Layout);
}

/// A heap of objects of a few fixed sizes, with one owner.
///
/// # Safety
/// As for [`Heap`]: an object of a class is valid for [`object_size`](Self::object_size) bytes of that class, which
/// are the same each time, is aligned to [`object_alignment`](crate::object_alignment) of them, and overlaps no other live
/// object.
pub unsafe trait SizeClassHeap {
    /// The size in bytes of the objects of `class`.
    fn object_size(&self, class: SizeClass) -> usize;

    /// An object of `class`, or `None` when there is no memory for it.
    fn allocate_class(&mut self, class: SizeClass) -> Option<NonNull<u8>>;

    /// Takes an object back.
    ///
    /// # Safety
    /// * `object` came from [`allocate_class`](Self::allocate_class) of this heap with the same `class`.
    /// * It has not been given back since, and nobody uses it any more.
    unsafe fn deallocate_class(&mut self, object: NonNull<u8>, class: SizeClass);
}

/// A heap that threads may share.
///
/// # Safety
/// As for [`Heap`], with calls from several threads at once: a block may be given back by another thread than the one
/// that asked for it.
pub unsafe trait LockedHeap: Sync {
    /// As [`Heap::allocate`].
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>>;

    /// As [`Heap::deallocate`].
    ///
    /// # Safety
    /// As for [`Heap::deallocate`].
    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout);
}

/// A shared heap that hands each thread a front end of its own.
///
/// # Safety
/// * A block from the heap or from one of its front ends may be given back through the heap and through any of its front
///   ends.
/// * [`attach`](Self::attach) returns a front end that no other thread has, and that stays valid until it is passed to
///   [`detach`](Self::detach).
pub unsafe trait ThreadLocalHeap: LockedHeap {
    /// What a thread keeps for itself.
    type Local: Heap;

    /// A front end for the calling thread, or `None` when there is no memory for one.
    fn attach(&self) -> Option<NonNull<Self::Local>>;

    /// Takes a front end back; all that it holds returns to the heap.
    ///
    /// # Safety
    /// * `local` came from [`attach`](Self::attach) of this heap and has not been given back since.
    /// * Nobody uses it any more.
    unsafe fn detach(&self, local: NonNull<Self::Local>);
}

// SAFETY: `LockedHeap` promises to each of its callers what `Heap` promises to its owner.
unsafe impl<H: LockedHeap + ?Sized> Heap for &H {
    #[inline]
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        (**self).allocate(layout)
    }

    #[inline]
    unsafe fn deallocate(&mut self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the two contracts are the same.
        unsafe { (**self).deallocate(block, layout) }
    }
}
