//! Memory that the kernel writes to for the program.
//!
//! A system call that writes to a page while it is protected fails with EFAULT, and nobody could tell the program to try
//! again: a datagram would be lost. Objects that may be meshed are smaller than a kibibyte, so what the kernel is to write
//! into one goes to the caller's stack first and is copied from there by an ordinary store, which can wait for a mesh.

use core::mem::MaybeUninit;

use globalheap::tuning::LARGEST_MESHED;
use miniheap::SpanClasses;

use crate::process::HEAP;

/// Room for the largest object that may be meshed.
const ROOM: usize = LARGEST_MESHED + 1;

/// A buffer on the stack in place of one in an object.
#[repr(C, align(16))]
struct Buffer([MaybeUninit<u8>; ROOM]);

/// Whether `len` bytes at `buffer` lie in an object that may be meshed, and fit on the stack.
#[inline]
pub(crate) fn is_needed(buffer: *const u8, len: usize) -> bool {
    if len > ROOM || len == 0 || !HEAP.global().meshing_enabled() {
        return false;
    }
    let labels = HEAP.global().labels();
    let page = labels.page_at(buffer.addr());
    page.and_then(|page| labels.label(page).as_small())
        .is_some_and(|(class, _)| {
            SpanClasses::geometry(class).object_size as usize <= LARGEST_MESHED
        })
}

/// Makes `call` with a buffer of `len` bytes that the kernel may write to, and copies what it says it wrote, as the number
/// that it returns, to `buffer`.
///
/// # Safety
/// `buffer` is what the program passed for the kernel to write at most `len` bytes to.
#[inline]
pub(crate) unsafe fn receive(
    buffer: *mut u8,
    len: usize,
    call: impl FnOnce(*mut u8) -> isize,
) -> isize {
    if is_needed(buffer, len) {
        // SAFETY: the same contract.
        unsafe { receive_on_stack(buffer, len, call) }
    } else {
        call(buffer)
    }
}

#[inline(never)]
unsafe fn receive_on_stack(
    buffer: *mut u8,
    len: usize,
    call: impl FnOnce(*mut u8) -> isize,
) -> isize {
    let mut stack = Buffer([MaybeUninit::uninit(); ROOM]);
    let written = call(stack.0.as_mut_ptr().cast());
    // More than there was room for is the length of a datagram that was cut (MSG_TRUNC).
    let count = usize::try_from(written).unwrap_or(0).min(len);
    // SAFETY: the kernel wrote `count` bytes, and the program expects them in its buffer.
    unsafe { buffer.copy_from_nonoverlapping(stack.0.as_ptr().cast(), count) };
    written
}

/// Makes `call` with a copy of the `count` values at `values`, which the kernel reads and writes, and copies all of them
/// back afterwards with `merge`.
///
/// # Safety
/// `values` is what the program passed for the kernel to read and write.
#[inline]
pub(crate) unsafe fn exchange<T: Copy, R>(
    values: *mut T,
    count: usize,
    call: impl FnOnce(*mut T) -> R,
    merge: impl Fn(*mut T, T),
) -> R {
    const { assert!(align_of::<T>() <= align_of::<Buffer>()) };
    let bytes = count.saturating_mul(size_of::<T>());
    if !is_needed(values.cast(), bytes) {
        return call(values);
    }
    let mut stack = Buffer([MaybeUninit::uninit(); ROOM]);
    let copy = stack.0.as_mut_ptr().cast::<T>();
    // SAFETY: `count` values fit the buffer, which is aligned for them, and are there in the program's.
    unsafe { copy.copy_from_nonoverlapping(values, count) };
    let result = call(copy);
    for index in 0..count {
        // SAFETY: one of the values copied above.
        let changed = unsafe { copy.add(index) };
        // SAFETY: as above.
        let changed = unsafe { changed.read() };
        // SAFETY: one of the program's values.
        merge(unsafe { values.add(index) }, changed);
    }
    result
}
