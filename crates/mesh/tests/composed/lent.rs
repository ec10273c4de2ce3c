//! Heaps that tests use one after the other, since each reserves a good part of the address space.

use std::alloc::Layout;
use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, TryLockError};

use heap::LockedHeap;
use kit::{ThreadLocal, ThreadSlot};
use mesh::{Arena, GlobalHeap, Ignore, Linux, MeshPolicy, Meshed, meshed};

use crate::handler;
use crate::tenants::Tenants;

/// One of the allocators, with a word for each thread.
pub(crate) type Composed<M> = ThreadLocal<Slot, Meshed<M>>;

/// The thread's word for whichever heap it uses at the time.
pub(crate) struct Slot;

thread_local! {
    static WORD: Cell<*mut ()> = const { Cell::new(ptr::null_mut()) };
}

// SAFETY: the cell is the thread's own and starts with null. A thread of these tests uses one heap at a time, and detaches
// from it before it uses the next one.
unsafe impl<T> ThreadSlot<T> for Slot {
    fn current() -> *mut T {
        WORD.get().cast()
    }

    unsafe fn set(word: *mut T) {
        WORD.set(word.cast());
    }
}

/// After so many calls objects come and go, and a cycle is run.
const CALLS_PER_CYCLE: usize = 50;

/// A heap with tenants, for the length of one test case.
pub(crate) struct Lent<M: MeshPolicy + 'static> {
    heap: &'static Composed<M>,
    tenants: Mutex<Tenants>,
    calls: AtomicUsize,
    idle: &'static Idle<M>,
}

/// Heaps that nobody uses at the moment.
pub(crate) type Idle<M> = Mutex<Vec<&'static Composed<M>>>;

impl<M: MeshPolicy> Lent<M> {
    /// A heap of `idle`, or a new one.
    pub(crate) fn from(idle: &'static Idle<M>) -> Self {
        let heap = idle.lock().expect(SOUND).pop();
        Self {
            heap: heap.unwrap_or_else(new_heap),
            tenants: Mutex::new(Tenants::new()),
            calls: AtomicUsize::new(0),
            idle,
        }
    }

    fn global(&self) -> &'static GlobalHeap<Arena<Linux>, M, Ignore> {
        self.heap.shared().global()
    }

    /// The calling thread is done with the heap.
    pub(crate) fn leave(&self) {
        self.heap.detach_thread();
    }

    /// Panics unless nothing is live.
    pub(crate) fn assert_unused(&self) {
        self.mesh();
        self.tenants.lock().expect(SOUND).leave(self.heap);
        self.leave();
        self.global().compact();
        assert!(
            self.global()
                .classes()
                .all(|class| class.live == 0 && class.spans == 0)
        );
        let stats = self.global().stats();
        assert_eq!(
            (stats.large_count, stats.large_bytes, stats.mesh.pages_saved),
            (0, 0, 0)
        );
        assert_eq!(stats.mesh.meshes > 0, M::MESHES, "{:?}", stats.mesh);
        assert_eq!(self.heap.shared().stats().attached, 0);
    }

    /// Now and then, lets the tenants thin out and meshes what is sparse.
    fn disturb(&self) {
        let calls = self.calls.fetch_add(1, Ordering::Relaxed);
        if calls.is_multiple_of(CALLS_PER_CYCLE) {
            self.mesh();
        }
    }

    fn mesh(&self) {
        match self.tenants.try_lock() {
            Ok(mut tenants) => tenants.come_and_go(self.heap),
            // Another thread is at it.
            Err(TryLockError::WouldBlock) => return,
            Err(TryLockError::Poisoned(poisoned)) => panic!("{poisoned}"),
        }
        // What the thread keeps looks like objects in use.
        self.heap.detach_thread();
        self.global().mesh_cycle();
    }
}

/// A heap of its own, for good.
pub(crate) fn new_heap<M: MeshPolicy>() -> &'static Composed<M> {
    // SAFETY: of a thread's word see `Slot`; the heap is never moved or dropped.
    let heap: &'static Composed<M> = Box::leak(Box::new(unsafe { ThreadLocal::new(meshed()) }));
    let global = heap.shared().global();
    handler::watch(global.pages());
    // SAFETY: the handler makes writers wait.
    unsafe { global.enable_meshing() };
    heap
}

impl<M: MeshPolicy> Drop for Lent<M> {
    fn drop(&mut self) {
        // After a failure the heap is not lent again.
        if !std::thread::panicking() {
            self.leave();
            self.idle.lock().expect(SOUND).push(self.heap);
        }
    }
}

// SAFETY: every call goes to the heap as it is.
unsafe impl<M: MeshPolicy> LockedHeap for Lent<M> {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.disturb();
        self.heap.allocate(layout)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        self.disturb();
        // SAFETY: the two contracts are the same.
        unsafe { self.heap.deallocate(block, layout) }
    }
}

const SOUND: &str = "nobody panics under this lock";
