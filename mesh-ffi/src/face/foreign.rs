//! Blocks that are not ours go to the next allocator, mostly the C library's, which knows its own and ends the program for what
//! is none.
//!
//! They come from libraries that found another `malloc` than ours: loaded into a namespace of their own, or asked for by name
//! in the C library itself.

use core::ffi::c_void;
use core::mem::transmute;
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::{AtomicBool, Ordering};

use crate::ground::next::Next;
use crate::ground::{errno, loader, misuse};

#[unsafe(link_section = "mesh_next")]
static FREE: Next = Next::new(c"free");
#[unsafe(link_section = "mesh_next")]
static REALLOC: Next = Next::new(c"realloc");
#[unsafe(link_section = "mesh_next")]
static USABLE_SIZE: Next = Next::new(c"malloc_usable_size");

/// Whether there is a program to have blocks of others. Before it nobody but the loader calls.
static BEGUN: AtomicBool = AtomicBool::new(false);

/// From now on blocks that are not ours have an owner. To be called at the start.
pub(crate) fn begin() {
    BEGUN.store(true, Ordering::Relaxed);
}

/// Whose a block is that is not ours.
enum Owner {
    /// The loader's, with so many bytes behind the block's start that may be read.
    Loader(usize),
    /// The next allocator's, whose function this is.
    Next(*mut c_void),
    /// Nobody's; the user was told, if there is one.
    Nobody,
}

fn owner(block: NonNull<c_void>, function: &Next) -> Owner {
    let address = block.addr().get();
    if let Some(bytes) = loader::bytes_from(address) {
        return Owner::Loader(bytes);
    }
    if !BEGUN.load(Ordering::Relaxed) {
        return Owner::Nobody;
    }
    let next = function.address();
    if next.is_null() {
        misuse::tell("no allocator has handed out ", address);
        return Owner::Nobody;
    }
    Owner::Next(next)
}

/// `free` of what is not ours.
///
/// # Safety
/// As for `free`.
#[cold]
#[inline(never)]
pub(crate) unsafe fn free(block: NonNull<c_void>) {
    if let Owner::Next(function) = owner(block, &FREE) {
        type Free = unsafe extern "C" fn(*mut c_void);
        // SAFETY: the address of a function of this type.
        let function = unsafe { transmute::<*mut c_void, Free>(function) };
        // SAFETY: the caller's promise.
        errno::preserved(|| unsafe { function(block.as_ptr()) });
    }
}

/// What the caller is to do about a block that it wants to be of another size.
pub(crate) enum Resized {
    /// Nothing: this is what `realloc` returns.
    Is(*mut c_void),
    /// Copy no more than so many bytes into a block of ours.
    Copy(usize),
}

/// `realloc` of what is not ours.
///
/// # Safety
/// As for `realloc`.
#[cold]
#[inline(never)]
pub(crate) unsafe fn realloc(block: NonNull<c_void>, size: usize) -> Resized {
    match owner(block, &REALLOC) {
        Owner::Next(function) => {
            type Realloc = unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void;
            // SAFETY: the address of a function of this type.
            let function = unsafe { transmute::<*mut c_void, Realloc>(function) };
            // SAFETY: the caller's promise.
            Resized::Is(unsafe { function(block.as_ptr(), size) })
        }
        Owner::Loader(bytes) => Resized::Copy(bytes),
        Owner::Nobody => {
            errno::set(libc::ENOMEM);
            Resized::Is(null_mut())
        }
    }
}

/// `malloc_usable_size` of what is not ours.
#[cold]
#[inline(never)]
pub(crate) fn usable_size(block: NonNull<c_void>) -> usize {
    match owner(block, &USABLE_SIZE) {
        Owner::Next(function) => {
            type UsableSize = unsafe extern "C" fn(*mut c_void) -> usize;
            // SAFETY: the address of a function of this type.
            let function = unsafe { transmute::<*mut c_void, UsableSize>(function) };
            // SAFETY: the program says that it is a block.
            unsafe { function(block.as_ptr()) }
        }
        Owner::Loader(_) | Owner::Nobody => 0,
    }
}
