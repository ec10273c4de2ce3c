//! Reading what a program's pointer points to when that may be nothing.
//!
//! A system call with a bad pointer fails with EFAULT; to look at the pointer first must not end the program.

use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicUsize, Ordering};

use arena::os::syscall;
use libc::iovec;

use heap::Label;

use crate::ground::heap::HEAP;
use crate::ground::{system, tls};

/// What was found.
pub(crate) enum Peeked<T> {
    /// The value.
    Value(T),
    /// Nothing is there.
    Bad,
    /// The system does not let us look.
    Hidden,
}

/// An address above all frames of the main thread; zero before it is known.
static STACK_END: AtomicUsize = AtomicUsize::new(0);

/// Notes an address above all frames of the main thread.
pub(crate) fn set_stack_end(address: usize) {
    STACK_END.store(address, Ordering::Relaxed);
}

/// How far above our own frame a value of the calling functions is looked for.
const NEAR: usize = 64 << 10;

/// Nothing else is mapped this close to the end of the main thread's stack: the kernel keeps a gap for it to grow.
const GAP: usize = 128 << 20;

/// Reads a value of plain numbers and pointers.
#[inline(never)]
pub(crate) fn peek<T: Copy>(place: *const T) -> Peeked<T> {
    if !place.is_aligned() || place.is_null() {
        return peek_through_kernel(place);
    }
    if is_on_stack(place.addr(), size_of::<T>()) || is_in_heap(place.addr()) {
        // SAFETY: mapped and aligned; the values that are looked at are valid for any bytes.
        return Peeked::Value(unsafe { place.read() });
    }
    peek_through_kernel(place)
}

/// Whether the bytes are in frames of functions that called us.
pub(crate) fn is_on_stack(at: usize, len: usize) -> bool {
    let here = core::ptr::from_ref(&len).addr();
    let main = STACK_END.load(Ordering::Relaxed);
    // The block of a thread lies above its stack, in the same mapping; that of the main thread lies elsewhere.
    let end = if here < main && main - here < GAP {
        main
    } else {
        tls::thread_number()
    };
    here < at && at - here < NEAR && at + len <= end
}

/// Whether an object of ours, or the first page of one, is there.
pub(crate) fn is_in_heap(at: usize) -> bool {
    let labels = HEAP.global().labels();
    let label = labels.page_at(at).map(|page| labels.label(page));
    label.is_some_and(|label| label.as_small().is_some() || label == Label::LARGE)
}

#[cold]
fn peek_through_kernel<T: Copy>(place: *const T) -> Peeked<T> {
    let mut value = MaybeUninit::<T>::uninit();
    let here = iovec {
        iov_base: value.as_mut_ptr().cast(),
        iov_len: size_of::<T>(),
    };
    let there = iovec {
        iov_base: place.cast_mut().cast(),
        iov_len: size_of::<T>(),
    };
    let arguments = [
        system::process_number() as usize,
        (&raw const here).expose_provenance(),
        1,
        (&raw const there).expose_provenance(),
        1,
        0,
    ];
    // SAFETY: the kernel reads what is there, if anything is, and writes to `value` only.
    let read = unsafe { syscall(libc::SYS_process_vm_readv, arguments) };
    if usize::try_from(read) == Ok(size_of::<T>()) {
        // SAFETY: the kernel wrote all of it.
        return Peeked::Value(unsafe { value.assume_init() });
    }
    if read >= 0 || read == -(libc::EFAULT as isize) {
        Peeked::Bad
    } else {
        Peeked::Hidden
    }
}
