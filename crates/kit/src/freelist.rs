//! Blocks of one layout, kept for the next request.

use core::alloc::Layout;
use core::ptr::NonNull;

use heap::Heap;

/// What a kept block holds in its first bytes.
struct Link {
    older: Option<NonNull<Link>>,
}

/// A heap that keeps the blocks of one layout when they are given back, and hands out the newest of them first. They
/// return to the heap below when the list is dropped.
///
/// The layout is the one it was made [for](Self::keeping), or else the first given back that has room for a pointer. Blocks
/// of other layouts pass through.
pub struct FreeList<H: Heap> {
    newest: Option<NonNull<Link>>,
    /// The layout of all blocks in the list.
    kept: Option<Layout>,
    below: H,
}

/// Whether a block of `layout` can hold a link.
const fn has_room(layout: Layout) -> bool {
    let link = Layout::new::<Link>();
    link.size() <= layout.size() && link.align() <= layout.align()
}

// SAFETY: the blocks in the list belong to it alone and go wherever it goes.
unsafe impl<H: Heap + Send> Send for FreeList<H> {}

impl<H: Heap> FreeList<H> {
    /// An empty list over the heap below.
    pub const fn new(below: H) -> Self {
        Self {
            newest: None,
            kept: None,
            below,
        }
    }

    /// An empty list of blocks of `layout`. If that has no room for a pointer, the list decides as one from
    /// [`new`](Self::new) does.
    pub const fn keeping(layout: Layout, below: H) -> Self {
        Self {
            newest: None,
            kept: if has_room(layout) { Some(layout) } else { None },
            below,
        }
    }

    /// Whether blocks of `layout` go to the list, which decides for them if it has not decided yet.
    #[inline]
    fn keeps(&mut self, layout: Layout) -> bool {
        match self.kept {
            Some(kept) => kept == layout,
            None => {
                self.kept = has_room(layout).then_some(layout);
                self.kept.is_some()
            }
        }
    }

    /// Takes the newest block out of the list.
    #[inline]
    fn pop(&mut self) -> Option<NonNull<u8>> {
        let newest = self.newest?;
        // SAFETY: `deallocate` wrote this link, and nobody has used the block since.
        self.newest = unsafe { newest.read() }.older;
        Some(newest.cast())
    }
}

// SAFETY: blocks come from the heap below; one in the list is not live, has the layout that is asked for, and leaves the
// list when it is handed out.
unsafe impl<H: Heap> Heap for FreeList<H> {
    #[inline]
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        if self.kept == Some(layout)
            && let Some(block) = self.pop()
        {
            return Some(block);
        }
        self.below.allocate(layout)
    }

    #[inline]
    unsafe fn deallocate(&mut self, block: NonNull<u8>, layout: Layout) {
        if !self.keeps(layout) {
            // SAFETY: a block of the heap below; the caller gives it up.
            return unsafe { self.below.deallocate(block, layout) };
        }
        let link = block.cast::<Link>();
        // SAFETY: the caller gives the block up, and there is room and alignment for a link.
        unsafe { link.write(Link { older: self.newest }) };
        self.newest = Some(link);
    }
}

impl<H: Heap> Drop for FreeList<H> {
    fn drop(&mut self) {
        let Some(kept) = self.kept else { return };
        while let Some(block) = self.pop() {
            // SAFETY: a block of the heap below, of the one layout that the list keeps.
            unsafe { self.below.deallocate(block, kept) };
        }
    }
}
