//! Blocks with flags. None of these functions touches `errno`.
//!
//! Each library has them: a program that is linked with jemalloc may get a block from `malloc`, which is ours, and give it back by
//! `sdallocx`.

use core::ffi::{c_int, c_void};
use core::ptr::{NonNull, null_mut};

use heap::ClassMap;
use miniheap::SpanClasses;

use super::flags::Flags;
use crate::face::c;
use crate::face::slow::{self, Block};
use crate::ground::apart::Program;
use crate::ground::errno;
use crate::ground::heap::HEAP;
use crate::ground::only_shared::only_shared;
use crate::ground::tls;

/// Every block is aligned to so many bytes.
const QUANTUM: usize = 16;

/// A new block of `size` bytes, at least one.
fn allocate(size: usize, flags: &Flags) -> *mut c_void {
    let size = size.max(1);
    let block = if flags.align > QUANTUM {
        slow::allocate_aligned(size, flags.align)
    } else if flags.zero && size > c::MOST_COPIED {
        // Fresh pages are zero.
        slow::allocate_pages(size)
    } else {
        slow::allocate::<Program>(size)
    };
    let Some(Block { start, zeroed }) = block else {
        return null_mut();
    };
    let block = start.as_ptr().cast();
    if flags.zero && !zeroed {
        // SAFETY: the new block has so many bytes.
        unsafe { start.write_bytes(0, c::malloc_usable_size(block)) };
    }
    block
}

/// Zeroes what a block, which had room for `before` bytes, has gained.
///
/// # Safety
/// The block is in use, and its bytes from there on are nobody's.
unsafe fn zero_gained(block: NonNull<u8>, before: usize) {
    let room = c::malloc_usable_size(block.as_ptr().cast());
    if let Some(gained) = room.checked_sub(before) {
        // SAFETY: within the block.
        let start = unsafe { block.add(before) };
        // SAFETY: the block has so many bytes from there on, which are nobody's (contract).
        unsafe { start.write_bytes(0, gained) };
    }
}

fn is_aligned(block: NonNull<u8>, flags: &Flags) -> bool {
    block.addr().get() & (flags.align - 1) == 0
}

/// Makes a large block `size` bytes long where it is; says whether it could. A small one stays as it is.
///
/// # Safety
/// The block is in use, and nobody uses what is cut off.
unsafe fn resize_in_place(block: NonNull<u8>, size: usize) -> bool {
    // SAFETY: the same contract.
    let resize = || unsafe { HEAP.global().below().resize_in_place(block, size) };
    size > c::MOST_COPIED && tls::within(resize)
}

/// A block of `size` bytes; null when there is no memory.
extern "C" fn mallocx(size: usize, flags: c_int) -> *mut c_void {
    allocate(size, &Flags::of(flags))
}

/// Makes a block `size` bytes long, at another address if need be. Null, and the block as it was, when there is no memory.
///
/// # Safety
/// `object` is a block in use; when something is returned, it is used no more.
unsafe extern "C" fn rallocx(object: *mut c_void, size: usize, flags: c_int) -> *mut c_void {
    let flags = Flags::of(flags);
    let size = size.max(1);
    let Some(old) = NonNull::new(object.cast::<u8>()) else {
        return allocate(size, &flags);
    };
    let before = c::malloc_usable_size(object);
    let stays = || {
        let is_right = c::stays(before, size);
        // SAFETY: the same contract.
        is_aligned(old, &flags) && (is_right || unsafe { resize_in_place(old, size) })
    };
    let new = if flags.align <= QUANTUM {
        // SAFETY: the same contract.
        errno::preserved(|| unsafe { c::realloc(object, size) })
    } else if stays() {
        object
    } else {
        let plain = Flags {
            zero: false,
            ..flags
        };
        let new = allocate(size, &plain);
        // SAFETY: both blocks have room for so many bytes, and the caller gives the old one up.
        unsafe { c::replaced(old, before.min(size), new) }
    };
    if let Some(new) = NonNull::new(new.cast::<u8>())
        && flags.zero
    {
        // SAFETY: the program has seen no byte of what was gained.
        unsafe { zero_gained(new, before) };
    }
    new
}

/// Makes a block `size` bytes long, and up to `extra` more if that can be had, but at its address only. Returns how many bytes it
/// has room for.
///
/// # Safety
/// `object` is a block in use, and nobody uses what is cut off.
unsafe extern "C" fn xallocx(
    object: *mut c_void,
    size: usize,
    extra: usize,
    flags: c_int,
) -> usize {
    let flags = Flags::of(flags);
    let before = c::malloc_usable_size(object);
    let Some(block) = NonNull::new(object.cast::<u8>()) else {
        return 0;
    };
    let most = size.saturating_add(extra).min(isize::MAX as usize);
    let is_right = before >= size && before <= most;
    if is_right || !is_aligned(block, &flags) {
        return before;
    }
    // SAFETY: the same contract.
    let resize = |size| unsafe { resize_in_place(block, size) };
    let resized = resize(most) || before < size && resize(size);
    if resized && flags.zero {
        // SAFETY: the program has seen no byte of what was gained.
        unsafe { zero_gained(block, before) };
    }
    c::malloc_usable_size(object)
}

/// Bytes that a block has room for.
extern "C" fn sallocx(object: *const c_void, _flags: c_int) -> usize {
    c::malloc_usable_size(object.cast_mut())
}

/// Takes a block back.
///
/// # Safety
/// As for `free`.
unsafe extern "C" fn dallocx(object: *mut c_void, _flags: c_int) {
    // SAFETY: the same contract.
    unsafe { c::free(object) };
}

/// As `dallocx`; the size is not needed, nor trusted.
///
/// # Safety
/// As for `free`.
unsafe extern "C" fn sdallocx(object: *mut c_void, _size: usize, _flags: c_int) {
    // SAFETY: the same contract.
    unsafe { c::free(object) };
}

/// Bytes that a block of `size` bytes would have room for; zero when there can be none.
extern "C" fn nallocx(size: usize, flags: c_int) -> usize {
    let Flags { align, .. } = Flags::of(flags);
    let size = size.max(1);
    if size > isize::MAX as usize || align > isize::MAX as usize {
        return 0;
    }
    match slow::class_aligned(size, align) {
        Some(class) => SpanClasses::object_size(class),
        None => size.next_multiple_of(c::PAGE),
    }
}

only_shared!(
    mallocx, rallocx, xallocx, sallocx, dallocx, sdallocx, nallocx
);
