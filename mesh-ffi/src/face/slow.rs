//! What the entry points do when the thread's front end has no answer. `errno` is set here.

use core::ptr::{NonNull, null_mut};

use heap::{ClassMap, SizeClass};
use miniheap::SpanClasses;

use crate::ground::heap::{Front, HEAP};
use crate::ground::thread::front;
use crate::ground::{errno, request, tls};

/// The largest request that C allows.
const LARGEST: usize = isize::MAX as usize;

/// Requests aligned to this many bytes or more are for the kernel or a device, so their spans are never meshed.
const UNMESHED_ALIGNMENT: usize = 512;

/// A new block.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    pub(crate) start: NonNull<u8>,
    /// Whether all bytes are known to be zero.
    pub(crate) zeroed: bool,
}

/// A block of `size` bytes, for callers who have not looked further than at what is at hand for few bytes.
#[inline]
pub(crate) fn allocate(size: usize) -> Option<Block> {
    allocate_from(SpanClasses::class_of(size), size, 1)
}

/// A block of `class`; without a class, one of `size` bytes aligned to `align`.
#[inline]
fn allocate_from(class: Option<SizeClass>, size: usize, align: usize) -> Option<Block> {
    // SAFETY: the calling thread's heap, or an idle one.
    let at_hand = class.and_then(|class| unsafe { Front::pop_at(tls::heap(), class) });
    match at_hand {
        Some(start) => Some(Block {
            start,
            zeroed: false,
        }),
        None => allocate_anew(class, size, align),
    }
}

/// The same for callers whose front end had no slot at hand.
#[cold]
#[inline(never)]
fn allocate_anew(class: Option<SizeClass>, size: usize, align: usize) -> Option<Block> {
    request::answer();
    tls::within(|| match class {
        Some(class) => small(class),
        None => large(size, align),
    })
}

/// A block of `size` bytes aligned to `align`, a power of two.
pub(crate) fn allocate_aligned(size: usize, align: usize) -> Option<Block> {
    let size_for_class = if align >= UNMESHED_ALIGNMENT {
        size.max(globalheap::tuning::LARGEST_MESHED + 1)
    } else {
        size
    };
    allocate_from(SpanClasses::class_for(size_for_class, align), size, align)
}

fn small(class: SizeClass) -> Option<Block> {
    let start = match front() {
        Some(front) => {
            // SAFETY: the calling thread's own heap.
            let at_hand = unsafe { Front::pop_at(front, class) };
            at_hand.or_else(|| {
                HEAP.look_after_sleepers_if_due();
                // SAFETY: attached, and used by this thread alone.
                unsafe { &mut *front.as_ptr() }.refill(class)
            })
        }
        None => HEAP.allocate_direct(class),
    };
    start.map(|start| Block {
        start,
        zeroed: false,
    })
}

#[inline(never)]
fn large(size: usize, align: usize) -> Option<Block> {
    if size > LARGEST || align > LARGEST {
        return None;
    }
    let block = HEAP.global().allocate_large(size, align)?;
    Some(Block {
        start: block.start,
        zeroed: block.zeroed,
    })
}

/// The block's address as C wants it: null and ENOMEM for none.
pub(crate) fn to_c(block: Option<Block>) -> *mut libc::c_void {
    match block {
        Some(block) => block.start.as_ptr().cast(),
        None => {
            errno::set(libc::ENOMEM);
            null_mut()
        }
    }
}

/// `malloc` behind its fast path.
#[inline(never)]
pub(crate) extern "C" fn malloc(size: usize) -> *mut libc::c_void {
    to_c(allocate(size))
}

/// `free` behind its fast path.
///
/// # Safety
/// As for `free`.
#[inline(never)]
pub(crate) unsafe extern "C" fn free(object: *mut u8) {
    // SAFETY: the calling thread's heap, or an idle one; the caller gives the object up. Null is outside of the arena.
    if unsafe { Front::keep_at(tls::heap(), object) } {
        return;
    }
    let Some(object) = NonNull::new(object) else {
        return;
    };
    // SAFETY: as above.
    unsafe { free_elsewhere(object) };
}

/// Takes back an object that the front end has no room for, or that is large or not ours.
///
/// # Safety
/// As for `free`.
#[cold]
#[inline(never)]
unsafe fn free_elsewhere(object: NonNull<u8>) {
    request::answer();
    tls::within(|| match front() {
        Some(front) => {
            // SAFETY: attached, and used by this thread alone.
            let heap = unsafe { &mut *front.as_ptr() };
            // SAFETY: the caller gives the object up.
            unsafe { heap.free_elsewhere(object) };
        }
        // SAFETY: as above.
        None => unsafe { HEAP.free_direct(object) },
    });
}

/// Bytes that the object has room for; zero for what is not ours.
pub(crate) fn usable_size(object: NonNull<u8>) -> usize {
    HEAP.global().usable_size(object).unwrap_or(0)
}

/// Makes the large object at `object` `size` bytes long without copying it, if that can be had.
///
/// # Safety
/// As for `realloc`.
#[inline(never)]
pub(crate) unsafe fn resize_large(object: NonNull<u8>, size: usize) -> Option<NonNull<u8>> {
    if size > LARGEST {
        return None;
    }
    // SAFETY: the caller uses only what is returned, if something is.
    tls::within(|| unsafe { HEAP.global().resize_large(object, size) })
}
