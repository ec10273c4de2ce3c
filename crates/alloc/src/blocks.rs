//! Blocks as a Rust program asks for them.

use core::alloc::Layout;
use core::ptr::NonNull;

use ::heap::{ClassMap, SizeClass};
use miniheap::SpanClasses;

use crate::heap::{Front, HEAP};
use crate::request::{MOST_COPIED, PAGE, class_for, stays};
use crate::{limit, slow, word};

/// A slot of `class` that the calling thread has at hand.
#[inline(always)]
fn at_hand(class: Option<SizeClass>) -> Option<NonNull<u8>> {
    // SAFETY: the calling thread's heap, or an idle one.
    class.and_then(|class| unsafe { Front::pop_at(word::heap(), class) })
}

/// A block.
#[inline(always)]
pub(crate) fn allocate(layout: Layout) -> Option<NonNull<u8>> {
    let class = class_for(layout);
    at_hand(class).or_else(|| slow::allocate(class, layout).map(|block| block.start))
}

/// A block whose bytes are zero.
#[inline(always)]
pub(crate) fn allocate_zeroed(layout: Layout) -> Option<NonNull<u8>> {
    // Fresh pages are zero, and cost nothing as long as nobody writes to them.
    let class = class_for(layout).filter(|_| layout.size() <= MOST_COPIED);
    let (start, zeroed) = match at_hand(class) {
        Some(start) => (start, false),
        None => slow::allocate(class, layout).map(|block| (block.start, block.zeroed))?,
    };
    if !zeroed {
        // SAFETY: a block of as many bytes.
        unsafe { start.write_bytes(0, layout.size()) };
    }
    Some(start)
}

/// Takes a block back.
///
/// # Safety
/// Nobody uses the block any more.
#[inline(always)]
pub(crate) unsafe fn free(block: *mut u8) {
    // SAFETY: the calling thread's heap, or an idle one; the caller gives the block up.
    if !unsafe { Front::push_at(word::heap(), block) } {
        // SAFETY: the caller gives the block up.
        unsafe { slow::free(block) };
    }
}

/// Makes a block of `layout` `size` bytes long, at another address if need be. `None`, and the block as it was, when there is no memory.
///
/// # Safety
/// The block is in use, and only through what is returned from now on, if something is.
#[inline(always)]
pub(crate) unsafe fn resize(
    block: NonNull<u8>,
    layout: Layout,
    size: usize,
) -> Option<NonNull<u8>> {
    // SAFETY: the calling thread's heap, or an idle one.
    let class = unsafe { Front::class_at(word::heap(), block.as_ptr()) };
    if class.is_some_and(|class| stays(SpanClasses::object_size(class), size)) {
        return Some(block);
    }
    // SAFETY: the same contract.
    unsafe { resize_elsewhere(block, layout, size) }
}

/// The same for what does not stay as it is, or is not known to be small.
///
/// # Safety
/// As for [`resize`].
#[inline(never)]
unsafe fn resize_elsewhere(block: NonNull<u8>, layout: Layout, size: usize) -> Option<NonNull<u8>> {
    let heap = HEAP.global().below();
    let room = heap.usable_size(block).unwrap_or(layout.size());
    if stays(room, size) {
        return Some(block);
    }
    let wanted = Layout::from_size_align(size, layout.align()).ok()?;
    // What the kernel moves, or what may grow, starts at a page, and at nothing larger.
    let by_pages = layout.align() <= PAGE;
    if by_pages && size > MOST_COPIED {
        // SAFETY: the caller uses only what is returned.
        let resized = unsafe { heap.resize_large(block, size) };
        if resized.is_some() {
            return resized;
        }
    }
    let target = if by_pages && size > room && class_for(wanted).is_none() {
        limit::within(size, || heap.place_growing(size, room))?.start
    } else {
        allocate(wanted)?
    };
    // SAFETY: both blocks have as many bytes, and they do not overlap.
    unsafe { block.copy_to_nonoverlapping(target, layout.size().min(size)) };
    // SAFETY: the caller gives the old block up.
    unsafe { free(block.as_ptr()) };
    Some(target)
}
