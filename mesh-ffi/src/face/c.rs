//! The functions of C, POSIX, C23 and BSD that allocate.

use core::ffi::c_void;
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::{AtomicUsize, Ordering};

use globalheap::Found;
use heap::{ClassMap, SizeClass};
use miniheap::SpanClasses;

use crate::face::foreign::{self, Resized};
use crate::face::slow::{self, Block};
use crate::ground::apart::{Program, Side};
use crate::ground::heap::{Front, system_page};
use crate::ground::{errno, tls};

/// Bytes in a page, as `valloc` and `pvalloc` mean it.
pub(super) const PAGE: usize = 4096;

/// Of so many bytes it is cheaper to clear or to copy them than to do something about their pages.
pub(super) const MOST_COPIED: usize = 32 << 10;

/// A slot for `size` bytes, few of them, that the thread has at hand. For more, [`slow::malloc`] looks.
#[inline(always)]
fn at_hand<S: Side>(size: usize) -> Option<NonNull<u8>> {
    let class = S::class_of_few(size)?;
    // SAFETY: the calling thread's heap, or the idle one.
    unsafe { Front::pop_at(tls::heap(), class) }
}

/// A block of `size` bytes for `S`.
#[inline(always)]
pub(super) fn malloc_for<S: Side>(size: usize) -> *mut c_void {
    match at_hand::<S>(size) {
        Some(slot) => slot.as_ptr().cast(),
        None => slow::malloc::<S>(size),
    }
}

/// A block of `size` bytes.
#[unsafe(no_mangle)]
pub extern "C" fn malloc(size: usize) -> *mut c_void {
    malloc_for::<Program>(size)
}

/// Takes a block back.
///
/// # Safety
/// `object` is null, or a block that was not given back and that nobody uses any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn free(object: *mut c_void) {
    // SAFETY: the calling thread's heap, or the idle one; the caller gives the object up. Null is outside of the arena.
    if !unsafe { Front::push_at(tls::heap(), object.cast()) } {
        // SAFETY: the caller gives the object up.
        unsafe { slow::free(object.cast()) };
    }
}

/// As `free`; the size is not needed, nor trusted.
///
/// # Safety
/// As for `free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn free_sized(object: *mut c_void, _size: usize) {
    // SAFETY: the same contract.
    unsafe { free(object) }
}

/// As `free`; neither alignment nor size is needed, nor trusted.
///
/// # Safety
/// As for `free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn free_aligned_sized(object: *mut c_void, _align: usize, _size: usize) {
    // SAFETY: the same contract.
    unsafe { free(object) }
}

/// As `free`, under the name that old programs use.
///
/// # Safety
/// As for `free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cfree(object: *mut c_void) {
    // SAFETY: the same contract.
    unsafe { free(object) }
}

/// A block for `count` elements of `size` bytes, zeroed.
#[unsafe(no_mangle)]
pub extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    calloc_for::<Program>(count, size)
}

/// [`calloc`] for `S`.
#[inline(always)]
pub(super) fn calloc_for<S: Side>(count: usize, size: usize) -> *mut c_void {
    let Some(bytes) = count.checked_mul(size) else {
        errno::set(libc::ENOMEM);
        return null_mut();
    };
    let block = match at_hand::<S>(bytes) {
        Some(start) => Some(Block {
            start,
            zeroed: false,
        }),
        // Fresh pages are zero, and cost nothing as long as nobody writes to them.
        None if bytes > MOST_COPIED => slow::allocate_pages(bytes),
        None => slow::allocate::<S>(bytes),
    };
    if let Some(Block {
        start,
        zeroed: false,
    }) = block
    {
        // SAFETY: the block has at least `bytes` bytes.
        unsafe { start.write_bytes(0, bytes) };
    }
    slow::to_c(block)
}

/// How often `realloc` was asked for nothing in the place of a block.
static EMPTY_REALLOCS: AtomicUsize = AtomicUsize::new(0);

/// How often `realloc` was asked for nothing in the place of a block.
pub(crate) fn empty_reallocs() -> usize {
    EMPTY_REALLOCS.load(Ordering::Relaxed)
}

/// Makes a block `size` bytes long, at another address if need be. Null, and the block as it was, when there is no memory.
///
/// # Safety
/// As for `free`, but when null is returned for a size that is not zero, the block stays.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn realloc(object: *mut c_void, size: usize) -> *mut c_void {
    let Some(old) = NonNull::new(object.cast::<u8>()) else {
        return malloc(size);
    };
    if size == 0 {
        // As glibc does.
        EMPTY_REALLOCS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller gives the object up.
        unsafe { free(object) };
        return null_mut();
    }
    if let Some(class) = class_at(old) {
        let room = SpanClasses::object_size(class);
        if stays(room, size) {
            return object;
        }
        if !slow::may_move(class, old) {
            errno::set(libc::EINVAL);
            return null_mut();
        }
        // SAFETY: a block with so much room, which the caller gives up.
        return unsafe { copied(old, room.min(size), size) };
    }
    // SAFETY: the same contract.
    unsafe { realloc_elsewhere(old, size) }
}

/// `realloc` of what the thread does not know as a small object.
///
/// # Safety
/// As for `realloc`; the size is not zero.
#[inline(never)]
unsafe fn realloc_elsewhere(old: NonNull<u8>, size: usize) -> *mut c_void {
    let room = match slow::find(old) {
        Found::Object(room) => room,
        Found::Nothing => {
            errno::set(libc::EINVAL);
            return null_mut();
        }
        // SAFETY: the same contract.
        Found::Foreign => match unsafe { foreign::realloc(old.cast(), size) } {
            Resized::Is(resized) => return resized,
            Resized::Copy(room) => room,
        },
    };
    if stays(room, size) {
        return old.as_ptr().cast();
    }
    if size > MOST_COPIED {
        // SAFETY: the caller uses only what is returned.
        if let Some(resized) = unsafe { slow::resize_large(old, size) } {
            return resized.as_ptr().cast();
        }
    }
    if size > room && SpanClasses::class_of(size).is_none() {
        let new = slow::to_c(slow::allocate_growing(size, room));
        // SAFETY: both blocks have room for so many bytes; the caller gives the old one up.
        return unsafe { replaced(old, room, new) };
    }
    // SAFETY: the block has room for so many bytes; the caller gives it up.
    unsafe { copied(old, room.min(size), size) }
}

/// A block of `size` bytes in the place of the block `old`, of which so many bytes are kept. Null, and the block as it was, when
/// there is no memory. Its frame is all that is above those of the two: some stacks are small.
///
/// # Safety
/// As for `free`; `old` and a block of `size` bytes have room for `kept` bytes.
#[inline(never)]
unsafe fn copied(old: NonNull<u8>, kept: usize, size: usize) -> *mut c_void {
    let new = malloc(size);
    // SAFETY: the same contract.
    unsafe { replaced(old, kept, new) }
}

/// Puts `new`, if there is one, in the place of the block `old`, of which so many bytes are kept.
///
/// # Safety
/// As for `free`; `old` and `new` have room for `kept` bytes.
#[inline(always)]
pub(super) unsafe fn replaced(old: NonNull<u8>, kept: usize, new: *mut c_void) -> *mut c_void {
    if let Some(target) = NonNull::new(new.cast::<u8>()) {
        // SAFETY: both blocks have as many bytes, and they do not overlap.
        unsafe { old.copy_to_nonoverlapping(target, kept) };
        // SAFETY: the caller gives the old block up.
        unsafe { free(old.as_ptr().cast()) };
    }
    new
}

/// Whether a block with `room` bytes is the right one for `size` bytes.
pub(super) fn stays(room: usize, size: usize) -> bool {
    match SpanClasses::class_of(size) {
        // What would be of the same class is never worth a copy.
        Some(class) if SpanClasses::object_size(class) == room => true,
        // A smaller class is worth a copy only when half of the room would come back, or a quarter of many pages.
        Some(_) if room > MOST_COPIED => size <= room && size >= room / 4 * 3,
        Some(_) => size <= room && size >= room / 2,
        None => size <= room && room - size < PAGE,
    }
}

/// `realloc` for `count` elements of `size` bytes.
///
/// # Safety
/// As for `realloc`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn reallocarray(
    object: *mut c_void,
    count: usize,
    size: usize,
) -> *mut c_void {
    match count.checked_mul(size) {
        // SAFETY: the same contract.
        Some(bytes) => unsafe { realloc(object, bytes) },
        None => {
            errno::set(libc::ENOMEM);
            null_mut()
        }
    }
}

/// A block aligned to `align`; EINVAL unless that is a power of two.
#[unsafe(no_mangle)]
pub extern "C" fn aligned_alloc(align: usize, size: usize) -> *mut c_void {
    if !align.is_power_of_two() {
        errno::set(libc::EINVAL);
        return null_mut();
    }
    slow::to_c(slow::allocate_aligned(size, align))
}

/// A block aligned to `align` rounded up to a power of two; EINVAL when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn memalign(align: usize, size: usize) -> *mut c_void {
    match align.checked_next_power_of_two() {
        Some(align) => aligned_alloc(align, size),
        None => {
            errno::set(libc::EINVAL);
            null_mut()
        }
    }
}

/// A block aligned to `align`, written to `place`. Returns an error number and leaves `errno` alone.
///
/// # Safety
/// `place` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn posix_memalign(
    place: *mut *mut c_void,
    align: usize,
    size: usize,
) -> libc::c_int {
    if !align.is_power_of_two() || !align.is_multiple_of(size_of::<*mut c_void>()) {
        return libc::EINVAL;
    }
    match slow::allocate_aligned(size, align) {
        Some(block) => {
            // SAFETY: valid for a write (contract).
            unsafe { place.write(block.start.as_ptr().cast()) };
            0
        }
        None => libc::ENOMEM,
    }
}

/// A block aligned to a page of the system's.
#[unsafe(no_mangle)]
pub extern "C" fn valloc(size: usize) -> *mut c_void {
    aligned_alloc(system_page(), size)
}

/// Whole pages: `size` is rounded up to a multiple of the page size.
#[unsafe(no_mangle)]
pub extern "C" fn pvalloc(size: usize) -> *mut c_void {
    let page = system_page();
    match size.checked_next_multiple_of(page) {
        Some(size) => aligned_alloc(page, size.max(page)),
        None => slow::to_c(None),
    }
}

/// The class of a small block; `None` for all others, and where the thread cannot tell.
#[inline(always)]
fn class_at(block: NonNull<u8>) -> Option<SizeClass> {
    // SAFETY: the calling thread's heap, or an idle one.
    unsafe { Front::class_at(tls::heap(), block.as_ptr()) }
}

/// Bytes that a block has room for; zero for null.
#[unsafe(no_mangle)]
pub extern "C" fn malloc_usable_size(object: *mut c_void) -> usize {
    let Some(block) = NonNull::new(object.cast()) else {
        return 0;
    };
    match class_at(block) {
        Some(class) => SpanClasses::object_size(class),
        None => size_elsewhere(block),
    }
}

/// The same for what the thread does not know as a small object.
#[cold]
#[inline(never)]
fn size_elsewhere(block: NonNull<u8>) -> usize {
    match slow::find(block) {
        Found::Object(size) => size,
        Found::Foreign => foreign::usable_size(block.cast()),
        Found::Nothing => 0,
    }
}
