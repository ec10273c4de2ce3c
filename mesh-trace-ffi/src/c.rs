//! The functions of C that allocate, as the program calls them.

use core::ffi::{c_int, c_void};
use core::ptr::null_mut;

use trace::How;

use crate::next::next;
use crate::{nested, recording};

/// Bytes in a page, as `valloc` and `pvalloc` mean it.
const PAGE: usize = 4096;

fn without_memory() -> *mut c_void {
    // SAFETY: valid for the calling thread.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: the calling thread's own word.
    unsafe { errno.write(libc::ENOMEM) };
    null_mut()
}

/// Records what was granted with an alignment of `align`.
fn note_aligned(block: *mut c_void, align: usize, size: usize) -> *mut c_void {
    let log2 = align.checked_next_power_of_two().map_or(0, usize::ilog2);
    recording::allocated(block.addr(), size, How::Aligned(log2 as u8));
    block
}

/// See the C library's.
#[unsafe(no_mangle)]
pub extern "C" fn malloc(size: usize) -> *mut c_void {
    let block = next!(Malloc(size: usize) -> *mut c_void, return nested::allocate(size));
    recording::allocated(block.addr(), size, How::Plain);
    block
}

/// See the C library's.
#[unsafe(no_mangle)]
pub extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    let block = next!(Calloc(count: usize, size: usize) -> *mut c_void, {
        return nested::allocate(count.saturating_mul(size));
    });
    // It was granted, so the product is one.
    recording::allocated(block.addr(), count.saturating_mul(size), How::Zeroed);
    block
}

/// See the C library's.
///
/// # Safety
/// As for the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn free(block: *mut c_void) {
    if block.is_null() || nested::rest(block).is_some() {
        return;
    }
    recording::freed(block.addr());
    next!(Free(block: *mut c_void) -> (), ());
}

/// See the C library's.
///
/// # Safety
/// As for the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
    if block.is_null() {
        return malloc(size);
    }
    if let Some(rest) = nested::rest(block) {
        let new = malloc(size);
        if !new.is_null() {
            // SAFETY: the new block has `size` bytes, and from the old one on there are `rest`.
            unsafe { new.cast::<u8>().copy_from(block.cast(), rest.min(size)) };
        }
        return new;
    }
    if size == 0 {
        // What that does is the allocator's choice: glibc frees, and returns null.
        recording::freed(block.addr());
        let new = next!(Realloc(block: *mut c_void, size: usize) -> *mut c_void, null_mut());
        recording::allocated(new.addr(), 0, How::Plain);
        return new;
    }
    let object = recording::resizing(block.addr());
    let new = next!(Realloc(block: *mut c_void, size: usize) -> *mut c_void, null_mut());
    recording::resized(object, block.addr(), new.addr(), size);
    new
}

/// See the C library's.
///
/// # Safety
/// As for the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn reallocarray(
    block: *mut c_void,
    count: usize,
    size: usize,
) -> *mut c_void {
    match count.checked_mul(size) {
        // SAFETY: the same contract.
        Some(bytes) => unsafe { realloc(block, bytes) },
        None => without_memory(),
    }
}

/// See the C library's.
#[unsafe(no_mangle)]
pub extern "C" fn memalign(align: usize, size: usize) -> *mut c_void {
    let block = next!(Memalign(align: usize, size: usize) -> *mut c_void, null_mut());
    note_aligned(block, align, size)
}

/// See the C library's.
#[unsafe(no_mangle)]
pub extern "C" fn aligned_alloc(align: usize, size: usize) -> *mut c_void {
    let block = next!(AlignedAlloc(align: usize, size: usize) -> *mut c_void, null_mut());
    note_aligned(block, align, size)
}

/// See the C library's.
///
/// # Safety
/// As for the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn posix_memalign(
    place: *mut *mut c_void,
    align: usize,
    size: usize,
) -> c_int {
    let result = next!(
        PosixMemalign(place: *mut *mut c_void, align: usize, size: usize) -> c_int,
        libc::ENOMEM
    );
    if result == 0 {
        // SAFETY: the function has just written it.
        let block = unsafe { place.read() };
        note_aligned(block, align, size);
    }
    result
}

/// See the C library's.
#[unsafe(no_mangle)]
pub extern "C" fn valloc(size: usize) -> *mut c_void {
    memalign(PAGE, size)
}

/// See the C library's.
#[unsafe(no_mangle)]
pub extern "C" fn pvalloc(size: usize) -> *mut c_void {
    match size.checked_next_multiple_of(PAGE) {
        Some(size) => memalign(PAGE, size.max(PAGE)),
        None => without_memory(),
    }
}

/// The end without destructors.
#[unsafe(no_mangle)]
pub extern "C" fn _exit(status: c_int) -> ! {
    recording::finish();
    next!(Exit(status: c_int) -> (), ());
    // There is always a next one, which does not return.
    // SAFETY: `abort` may be called at any time.
    unsafe { libc::abort() }
}

/// As `_exit`.
#[unsafe(no_mangle)]
pub extern "C" fn _Exit(status: c_int) -> ! {
    _exit(status)
}
