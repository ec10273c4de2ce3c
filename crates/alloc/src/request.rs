//! What a request asks for: which size class, and when a block is the right one.

use core::alloc::Layout;

use ::heap::{ClassMap, SizeClass};
use miniheap::SpanClasses;

/// Requests aligned to this many bytes or more are for the kernel or a device, so their spans are never meshed.
const UNMESHED_ALIGNMENT: usize = 512;

/// All slots are aligned to as many bytes.
const ALIGNMENT: usize = 16;

/// From so many bytes on an object is zeroed, and grown, by the kernel's means rather than by writing to it.
pub(crate) const MOST_COPIED: usize = 32 << 10;

/// Bytes in a page: large objects start at one.
pub(crate) const PAGE: usize = 4096;

/// The size class for a request, if there is one.
#[inline(always)]
pub(crate) fn class_for(layout: Layout) -> Option<SizeClass> {
    let (size, align) = (layout.size(), layout.align());
    if align <= ALIGNMENT {
        SpanClasses::class_of(size)
    } else if align < UNMESHED_ALIGNMENT {
        SpanClasses::class_for(size, align)
    } else {
        SpanClasses::class_for_apart(size, align)
    }
}

/// Whether a block with `room` bytes is the right one for `size` bytes.
#[inline(always)]
pub(crate) fn stays(room: usize, size: usize) -> bool {
    match SpanClasses::class_of(size) {
        // A smaller class is worth a copy only when half of the room would come back, or a quarter of many pages.
        Some(_) if room > MOST_COPIED => size <= room && size >= room / 4 * 3,
        Some(_) => size <= room && size >= room / 2,
        None => size <= room && room - size < PAGE,
    }
}
