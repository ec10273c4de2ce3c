//! The process's `malloc`, called as a C program calls it.
//!
//! Rust's own allocation functions would do, but the compiler may remove or merge them; the pointers here pass through
//! `black_box`, so every call reaches the allocator under test.

use std::ffi::c_void;
use std::hint::black_box;
use std::ptr::{self, NonNull};

/// `malloc(size)`; ends the process when there is no memory, since a measurement without it means nothing.
pub(crate) fn allocate(size: usize) -> NonNull<u8> {
    // SAFETY: malloc may be called with any size.
    let address = unsafe { libc::malloc(black_box(size)) };
    match NonNull::new(black_box(address).cast()) {
        Some(address) => address,
        None => exhausted(size),
    }
}

/// `calloc(1, size)`; ends the process when there is no memory.
pub(crate) fn allocate_zeroed(size: usize) -> NonNull<u8> {
    // SAFETY: calloc may be called with any size.
    let address = unsafe { libc::calloc(1, black_box(size)) };
    NonNull::new(black_box(address).cast()).unwrap_or_else(|| exhausted(size))
}

/// `posix_memalign`; ends the process when there is no memory, or when `alignment` is no power of two. Less than a pointer's counts as
/// a pointer's.
pub(crate) fn allocate_aligned(alignment: usize, size: usize) -> NonNull<u8> {
    let mut address = ptr::null_mut();
    let alignment = alignment.max(size_of::<*mut c_void>());
    // SAFETY: `address` is a place for the result; any alignment and size may be asked for.
    let error = unsafe { libc::posix_memalign(&mut address, black_box(alignment), size) };
    match NonNull::new(black_box(address).cast()) {
        Some(address) if error == 0 => address,
        _ => exhausted(size),
    }
}

/// `realloc(address, size)`; ends the process when there is no memory.
///
/// # Safety
/// * `address` came from a function of this module and was not released since; it is released now.
/// * `size` is not zero.
pub(crate) unsafe fn resize(address: NonNull<u8>, size: usize) -> NonNull<u8> {
    // SAFETY: the caller says that the block is allocated, and that the size is one.
    let moved = unsafe { libc::realloc(black_box(address.as_ptr().cast()), black_box(size)) };
    NonNull::new(black_box(moved).cast()).unwrap_or_else(|| exhausted(size))
}

/// `free(address)`.
///
/// # Safety
/// * `address` came from a function of this module and was not released since.
pub(crate) unsafe fn release(address: NonNull<u8>) {
    // SAFETY: the caller says that malloc returned the address and that it is still allocated.
    unsafe { libc::free(black_box(address.as_ptr().cast::<c_void>())) }
}

/// `malloc_usable_size(address)`: the bytes the allocator set aside for the object, as far as it says so.
///
/// # Safety
/// * `address` came from a function of this module and was not released since.
pub(crate) unsafe fn usable_size(address: NonNull<u8>) -> usize {
    // SAFETY: the caller says that malloc returned the address and that it is still allocated.
    unsafe { libc::malloc_usable_size(address.as_ptr().cast::<c_void>()) }
}

/// `malloc_trim(0)`.
pub(crate) fn trim() {
    // SAFETY: malloc_trim may be called at any time.
    unsafe { libc::malloc_trim(0) };
}

#[cold]
#[inline(never)]
fn exhausted(size: usize) -> ! {
    eprintln!("mesh-bench: no memory for a block of {size} bytes");
    std::process::exit(1)
}
