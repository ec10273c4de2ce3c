//! The calling thread's word: where its front end is. It is never null.
//!
//! The word is of the initial-exec model: it is part of the thread's static block, so reading it is two instructions and no call. A
//! new thread's word points to an idle front end, which has nothing at hand, so there is no question "is there one" on the fast path.

#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
mod machine;

use core::arch::global_asm;
use core::cell::UnsafeCell;
use core::ptr::NonNull;

use crate::heap::Front;

/// A front end that is only read.
#[repr(transparent)]
struct Shared(UnsafeCell<Front>);

// SAFETY: an idle front end is only read (see `ThreadHeap::IDLE`).
unsafe impl Sync for Shared {}

impl Shared {
    const fn address(&'static self) -> NonNull<Front> {
        // The cell is transparent, so its address is that of the front end.
        NonNull::from_ref(&self.0).cast()
    }
}

/// That of threads that have not attached yet.
static IDLE: Shared = Shared(UnsafeCell::new(Front::IDLE));

/// That of threads that have retired: what they still ask for goes to the shared heap.
static RETIRED: Shared = Shared(UnsafeCell::new(Front::IDLE));

// Hidden: no other object of the process sees the name.
global_asm!(
    ".pushsection .tdata,\"awT\",@progbits",
    ".p2align 3",
    ".hidden mesh_alloc_thread_heap",
    ".globl mesh_alloc_thread_heap",
    ".type mesh_alloc_thread_heap, @object",
    "mesh_alloc_thread_heap:",
    ".quad {idle}",
    ".size mesh_alloc_thread_heap, 8",
    ".popsection",
    idle = sym IDLE,
);

/// The calling thread's front end, or an idle one.
#[inline(always)]
pub(crate) fn heap() -> NonNull<Front> {
    // SAFETY: the word starts as the idle front end's address, and `set` takes no null.
    unsafe { NonNull::new_unchecked(machine::read()) }
}

fn set(front: NonNull<Front>) {
    machine::write(front.as_ptr());
}

/// What the calling thread's word says.
pub(crate) enum Standing {
    /// It has not attached.
    Idle,
    /// It has a front end of its own.
    Attached(NonNull<Front>),
    /// It is about to end.
    Retired,
}

/// The calling thread's standing.
pub(crate) fn standing() -> Standing {
    let heap = heap();
    if heap == IDLE.address() {
        Standing::Idle
    } else if heap == RETIRED.address() {
        Standing::Retired
    } else {
        Standing::Attached(heap)
    }
}

/// Notes that `front` is the calling thread's.
pub(crate) fn attach(front: NonNull<Front>) {
    set(front);
}

/// Notes that the calling thread has no front end from now on.
pub(crate) fn retire() {
    set(RETIRED.address());
}
