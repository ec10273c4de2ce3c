//! Each thread to its own front end.

use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::{self, NonNull};

use heap::{Heap, LockedHeap, ThreadLocalHeap};

/// A word of its own for each thread, named by a type, since a generic layer can have no static.
///
/// # Safety
/// `current` returns what the calling thread last passed to `set`, and null before that.
pub unsafe trait ThreadSlot<T> {
    /// The calling thread's word.
    fn current() -> *mut T;

    /// Writes the calling thread's word. This is the place to arrange for the thread's end, where
    /// [`ThreadLocal::retire_thread`] belongs; the word must be written before anything that may allocate is called.
    ///
    /// # Safety
    /// No heap but the caller uses this thread's word.
    unsafe fn set(word: *mut T);
}

/// A shared heap in which each thread works on a front end of its own, found through the slot `S`.
///
/// A thread attaches at its first request. While it has no front end, because there was no memory for one or the thread
/// is about to end, it uses the shared heap directly.
pub struct ThreadLocal<S, H> {
    shared: H,
    slot: PhantomData<fn() -> S>,
}

/// The word of a thread that has retired. No front end lies there: its type is aligned to more than a byte.
const fn retired<T>() -> *mut T {
    const { assert!(align_of::<T>() > 1, "a front end's address is never 1") };
    ptr::without_provenance_mut(1)
}

impl<S: ThreadSlot<H::Local>, H: ThreadLocalHeap> ThreadLocal<S, H> {
    /// A heap whose threads have not attached yet.
    ///
    /// # Safety
    /// * The word that `S` has for a thread is null before the thread first uses this heap, and nobody but this heap sets
    ///   it until the heap is dropped.
    /// * When the heap is dropped, each thread that used it has detached or retired, or makes no use of `S` any more.
    /// * The heap is not moved once a thread has used it: front ends may point to what they came from.
    /// * Neither `shared` nor its front ends call the heap that is made here.
    pub const unsafe fn new(shared: H) -> Self {
        Self {
            shared,
            slot: PhantomData,
        }
    }

    /// The heap that all threads share: for its figures, and what else it offers as a whole. Blocks come through `self`.
    pub const fn shared(&self) -> &H {
        &self.shared
    }

    /// Gives the calling thread's front end back, for example because the thread will be idle. It attaches again at its
    /// next request, unless it has retired.
    pub fn detach_thread(&self) {
        if front_end::<S, _>().is_some() {
            self.leave(ptr::null_mut());
        }
    }

    /// Gives the calling thread's front end back for good, because the thread ends. What it still asks for or frees
    /// later goes to the shared heap.
    pub fn retire_thread(&self) {
        self.leave(retired());
    }

    /// Writes `word` into the slot and gives back the front end that was there.
    fn leave(&self, word: *mut H::Local) {
        let local = front_end::<S, _>();
        // SAFETY: the slot is ours (contract of `new`).
        unsafe { S::set(word) };
        if let Some(local) = local {
            // SAFETY: it came from `attach`, and the slot held the only pointer to it.
            unsafe { self.shared.detach(local) };
        }
    }

    /// The calling thread's front end, made now if need be; `None` when the thread has to do without.
    #[inline(always)]
    fn local(&self) -> Option<NonNull<H::Local>> {
        front_end::<S, _>().or_else(|| self.attach())
    }

    #[cold]
    #[inline(never)]
    fn attach(&self) -> Option<NonNull<H::Local>> {
        if !S::current().is_null() {
            return None; // retired
        }
        let local = self.shared.attach()?;
        // SAFETY: the slot is ours (contract of `new`).
        unsafe { S::set(local.as_ptr()) };
        Some(local)
    }
}

/// The front end that the slot holds: neither null nor [`retired`], in one comparison.
#[inline(always)]
fn front_end<S: ThreadSlot<T>, T>() -> Option<NonNull<T>> {
    let word = S::current();
    if word.addr() > retired::<T>().addr() {
        NonNull::new(word)
    } else {
        None
    }
}

// SAFETY: blocks come from the shared heap or its front ends, which take each other's blocks. Only the calling thread
// reaches its front end, and for one call at a time, since the layers below do not call back (contract of `new`).
unsafe impl<S: ThreadSlot<H::Local>, H: ThreadLocalHeap> LockedHeap for ThreadLocal<S, H> {
    #[inline]
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        match self.local() {
            // SAFETY: attached, not yet detached, and used by this call alone.
            Some(mut local) => unsafe { local.as_mut() }.allocate(layout),
            None => self.shared.allocate(layout),
        }
    }

    #[inline]
    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        let Some(mut local) = self.local() else {
            // SAFETY: the shared heap takes blocks of all front ends and its own.
            return unsafe { self.shared.deallocate(block, layout) };
        };
        // SAFETY: attached, not yet detached, and used by this call alone.
        let local = unsafe { local.as_mut() };
        // SAFETY: a front end takes blocks of all others and of the shared heap.
        unsafe { local.deallocate(block, layout) }
    }
}
