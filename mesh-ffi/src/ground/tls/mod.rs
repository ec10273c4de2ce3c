//! The calling thread's words: its heap, and whether it is inside a slow path of ours.
//!
//! The words are of the initial-exec model: they are part of the thread's static block, so reading one is two instructions
//! and no call. A new thread's heap word points to the idle heap, and no question "is there a heap" is left for the fast
//! path.

mod word;

use core::cell::UnsafeCell;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering};

use hazard::HazardRecord;

use crate::ground::heap::Front;

/// A front end that is only read.
#[repr(transparent)]
pub(crate) struct Shared(UnsafeCell<Front>);

// SAFETY: an idle heap is only read (see `ThreadHeap::IDLE`).
unsafe impl Sync for Shared {}

impl Shared {
    const fn address(&'static self) -> NonNull<Front> {
        // The cell is transparent, so its address is that of the heap.
        NonNull::from_ref(&self.0).cast()
    }
}

/// The heap of threads that have not attached yet.
pub(crate) static IDLE: Shared = Shared(UnsafeCell::new(Front::IDLE));

/// The heap of threads that have retired: what they still ask for goes to the shared heap.
static RETIRED: Shared = Shared(UnsafeCell::new(Front::IDLE));

/// The heap of threads whose own one rests while they sleep.
static ASLEEP: Shared = Shared(UnsafeCell::new(Front::IDLE));

/// The heap of threads each of whose requests is looked at, while their own one is at work: nothing is at hand in it.
static WATCHED: Shared = Shared(UnsafeCell::new(Front::IDLE));

/// Whether each request is looked at.
static WATCHING: AtomicBool = AtomicBool::new(false);

/// Whether each request of threads is looked at.
#[inline(always)]
pub(crate) fn is_watching() -> bool {
    WATCHING.load(Ordering::Relaxed)
}

/// Has each request of threads looked at from now on. To be called before there are threads.
pub(crate) fn watch() {
    WATCHING.store(true, Ordering::Relaxed);
    if let Some(heap) = attached() {
        set_awake(heap);
    }
}

/// The calling thread's heap.
#[inline(always)]
pub(crate) fn heap() -> NonNull<Front> {
    // SAFETY: the word is never null: it starts as the idle heap's address, and `set_heap` takes no null.
    unsafe { NonNull::new_unchecked(word::heap()) }
}

/// The calling thread's heap, if it has one of its own that does not rest.
#[inline(always)]
pub(crate) fn attached() -> Option<NonNull<Front>> {
    let (heap, own) = (heap(), word::own());
    let is_at_work = heap.as_ptr() == own || heap == WATCHED.address();
    if is_at_work { NonNull::new(own) } else { None }
}

/// What the calling thread's word says.
pub(crate) enum Standing {
    /// It has not attached.
    Idle,
    /// It has a heap of its own.
    Attached(NonNull<Front>),
    /// It has one, which rests.
    Asleep(NonNull<Front>),
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
    } else if heap == ASLEEP.address() {
        NonNull::new(word::own()).map_or(Standing::Idle, Standing::Asleep)
    } else if heap == WATCHED.address() {
        NonNull::new(word::own()).map_or(Standing::Idle, Standing::Attached)
    } else {
        Standing::Attached(heap)
    }
}

/// Sets the calling thread's heap.
pub(crate) fn set_heap(heap: NonNull<Front>) {
    word::set_own(heap.as_ptr());
    set_awake(heap);
}

/// Notes that the calling thread's heap rests until [`set_awake`].
pub(crate) fn set_asleep() {
    word::set_heap(ASLEEP.address().as_ptr());
}

/// Makes the calling thread's next request look further than at what is at hand, unless it does so by itself: its word leads
/// away from its heap until that is woken, as if it rested. May be called in a handler over anything.
pub(crate) fn send_round() {
    if !inside() && attached().is_some() {
        set_asleep();
    }
}

/// Whether the calling thread's heap rests.
pub(crate) fn is_asleep() -> bool {
    heap() == ASLEEP.address()
}

/// Notes that the calling thread uses `heap` again, its own.
pub(crate) fn set_awake(heap: NonNull<Front>) {
    let heap = if is_watching() {
        WATCHED.address()
    } else {
        heap
    };
    word::set_heap(heap.as_ptr());
}

/// Notes that the calling thread has no heap from now on.
pub(crate) fn retire() {
    word::set_heap(RETIRED.address().as_ptr());
}

/// Whether the calling thread is inside a slow path that was interrupted by another one, in a signal handler.
pub(crate) fn inside_twice() -> bool {
    word::inside() > 1
}

/// Whether the calling thread is inside a slow path, and may hold one of our locks.
pub(crate) fn inside() -> bool {
    word::inside() != 0
}

/// The last write fault that the calling thread waited for: the address of the page, and the barrier's phase afterwards.
pub(crate) fn last_fault() -> (usize, usize) {
    word::last_fault()
}

/// Notes a write fault.
pub(crate) fn set_last_fault(page: usize, phase: usize) {
    word::set_last_fault(page, phase);
}

/// What a child that runs on this thread's block, as that of `vfork` does, wants to happen on SIGSEGV.
#[derive(Clone, Copy)]
pub(crate) struct ChildWish {
    /// The child's number.
    pub(crate) process: i32,
    pub(crate) handler: usize,
    pub(crate) flags: i32,
    /// The kernel's word of the mask.
    pub(crate) mask: u64,
}

/// The wish of the last such child.
pub(crate) fn child_wish() -> ChildWish {
    let [process, handler, flags, mask] = word::child_wish();
    ChildWish {
        process: process as i32,
        handler,
        flags: flags as i32,
        mask: mask as u64,
    }
}

/// Keeps the wish of such a child.
pub(crate) fn set_child_wish(wish: ChildWish) {
    let (process, flags) = (wish.process as usize, wish.flags as usize);
    word::set_child_wish([process, wish.handler, flags, wish.mask as usize]);
}

/// The record in which the calling thread publishes hazards, if it has one to keep.
#[inline(always)]
pub(crate) fn hazards() -> Option<&'static HazardRecord> {
    // SAFETY: null, or a record of the process's heap, which never goes.
    unsafe { word::hazards().as_ref() }
}

/// Sets the calling thread's record.
pub(crate) fn set_hazards(record: Option<&'static HazardRecord>) {
    word::set_hazards(record.map_or(core::ptr::null(), core::ptr::from_ref));
}

/// Bytes that the calling thread may still allocate before one of them is a sample; zero before that was drawn.
pub(crate) fn bytes_to_sample() -> usize {
    word::bytes_to_sample()
}

/// Notes how many they are.
pub(crate) fn set_bytes_to_sample(bytes: usize) {
    word::set_bytes_to_sample(bytes);
}

/// A number that no other thread of the process has.
pub(crate) fn thread_number() -> usize {
    word::thread_pointer()
}

/// The address of the lowest of the calling thread's words.
pub(crate) fn lowest_word() -> usize {
    word::lowest()
}

/// The address of the highest of them.
pub(crate) fn highest_word() -> usize {
    word::highest()
}

/// Runs `act` as a slow path. One frame with its callers: some stacks are small.
#[inline(always)]
pub(crate) fn within<T>(act: impl FnOnce() -> T) -> T {
    let before = word::inside();
    word::set_inside(before + 1);
    let result = act();
    word::set_inside(before);
    result
}
