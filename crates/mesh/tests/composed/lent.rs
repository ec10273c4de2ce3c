//! Heaps that tests use one after the other, since each reserves a good part of the address space.

use std::alloc::Layout;
use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, TryLockError};

use arena::os::{OwnPages, Pages};
use arena::{FutexLock, LinuxWith, Os};
use heap::{LockedHeap, SpanPages};
use kit::{ThreadLocal, ThreadSlot};
use mesh::{
    Arena, CentralHeap, GlobalHeap, Linux, MeshHeap, MeshPolicy, MeshStats, Threads, plain,
};

use crate::handler;
use crate::tenants::Tenants;

/// What front ends are over.
pub(crate) trait Below: CentralHeap<Pages = Arena<Self::System>> + Sized + 'static {
    /// The system that its pages come from.
    type System: Os + 'static;

    /// Whether it meshes.
    const MESHES: bool;

    fn threads() -> Threads<Self>;

    /// The heap that has the spans.
    fn global(&self) -> &GlobalHeap<Arena<Self::System>>;

    /// Writers are made to wait.
    fn begin(&self);

    fn mesh(&self);

    fn mesh_stats(&self) -> MeshStats;

    fn compact(&self);
}

/// Spans that are meshed as `M` finds, on a system with pages of the kind `G`.
pub(crate) type Meshing<M, G = OwnPages> = MeshHeap<Arena<LinuxWith<FutexLock, G>>, M>;

impl<M: MeshPolicy + 'static, G: Pages + 'static> Below for Meshing<M, G> {
    type System = LinuxWith<FutexLock, G>;

    const MESHES: bool = M::MESHES;

    fn threads() -> Threads<Self> {
        Threads::new(MeshHeap::new(Arena::new(LinuxWith::new())))
    }

    fn global(&self) -> &GlobalHeap<Arena<Self::System>> {
        self.below()
    }

    fn begin(&self) {
        // SAFETY: the handler makes writers wait.
        unsafe { self.enable_meshing() };
    }

    fn mesh(&self) {
        self.mesh_cycle();
    }

    fn mesh_stats(&self) -> MeshStats {
        self.mesh_stats()
    }

    fn compact(&self) {
        self.compact();
    }
}

/// Spans that are not.
pub(crate) type Unmeshed = GlobalHeap<Arena<Linux>>;

impl Below for Unmeshed {
    type System = Linux;

    const MESHES: bool = false;

    fn threads() -> Threads<Self> {
        plain()
    }

    fn global(&self) -> &Self {
        self
    }

    fn begin(&self) {}

    fn mesh(&self) {}

    fn mesh_stats(&self) -> MeshStats {
        MeshStats::default()
    }

    fn compact(&self) {
        self.give_back_all();
    }
}

/// One of the allocators, with a word for each thread.
pub(crate) type Composed<B> = ThreadLocal<Slot, Threads<B>>;

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
pub(crate) struct Lent<B: Below> {
    heap: &'static Composed<B>,
    tenants: Mutex<Tenants>,
    calls: AtomicUsize,
    idle: &'static Idle<B>,
}

/// Heaps that nobody uses at the moment.
pub(crate) type Idle<B> = Mutex<Vec<&'static Composed<B>>>;

impl<B: Below> Lent<B> {
    /// A heap of `idle`, or a new one.
    pub(crate) fn from(idle: &'static Idle<B>) -> Self {
        let heap = idle.lock().expect(SOUND).pop();
        let heap = heap.unwrap_or_else(new_heap);
        let grain = heap.shared().global().global().pages().grain();
        Self {
            heap,
            tenants: Mutex::new(Tenants::on(grain)),
            calls: AtomicUsize::new(0),
            idle,
        }
    }

    fn below(&self) -> &'static B {
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
        self.below().compact();
        assert!(
            self.below()
                .global()
                .classes()
                .all(|class| class.live == 0 && class.spans == 0)
        );
        let stats = self.below().global().stats();
        let mesh = self.below().mesh_stats();
        assert_eq!(
            (stats.large_count, stats.large_bytes, mesh.pages_saved),
            (0, 0, 0)
        );
        assert_eq!(mesh.meshes > 0, B::MESHES, "{:?}", mesh);
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
        self.below().mesh();
    }
}

/// A heap of its own, for good.
pub(crate) fn new_heap<B: Below>() -> &'static Composed<B> {
    // SAFETY: of a thread's word see `Slot`; the heap is never moved or dropped.
    let heap: &'static Composed<B> = Box::leak(Box::new(unsafe { ThreadLocal::new(B::threads()) }));
    let below = heap.shared().global();
    handler::watch(below.global().pages());
    below.begin();
    heap
}

impl<B: Below> Drop for Lent<B> {
    fn drop(&mut self) {
        // After a failure the heap is not lent again.
        if !std::thread::panicking() {
            self.leave();
            self.idle.lock().expect(SOUND).push(self.heap);
        }
    }
}

// SAFETY: every call goes to the heap as it is.
unsafe impl<B: Below> LockedHeap for Lent<B> {
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
