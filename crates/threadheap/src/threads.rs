//! All thread heaps over one heap that they share.

use core::alloc::Layout;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use globalheap::{CentralHeap, Claims, Standing};
use heap::{LockedHeap, Mutex, OwnerId, SizeClass, SpanPages, ThreadLocalHeap, Upkeep};
use miniheap::SpanClasses;
use rand_pcg::Pcg32;

use crate::budget::{self, Budget};
use crate::thread_heap::ThreadHeap;

/// A heap that gives each thread a [`ThreadHeap`]. Those of threads that ended serve new ones.
pub struct Threads<C: CentralHeap> {
    global: C,
    pub(crate) heaps: Mutex<LockOf<C>, Heaps<C>>,
    attached: AtomicUsize,
    /// Bytes that each of the first threads may keep.
    budget: Budget,
    /// When sleeping threads are looked at next, in milliseconds of the coarse clock.
    pub(crate) next_look: AtomicU64,
}

/// The lock of the system that `C` is over.
type LockOf<C> = <<C as CentralHeap>::Pages as SpanPages>::Lock;

pub(crate) struct Heaps<C: CentralHeap> {
    /// Heaps that serve nobody, linked through `next`.
    idle: Option<NonNull<ThreadHeap<C>>>,
    /// Heaps ever made: the number of the newest.
    made: u32,
    /// The heap made last: all are linked through `older`.
    pub(crate) newest: Option<NonNull<ThreadHeap<C>>>,
    /// The next heap to look at, if its thread sleeps; `None` for the newest.
    pub(crate) looked_at: Option<NonNull<ThreadHeap<C>>>,
}

// SAFETY: a heap in the list of idle ones belongs to nobody, and is reached under the lock only. Of any other only `older`
// and `rest` are looked at, unless `rest` says that its thread keeps away from it.
unsafe impl<C: CentralHeap> Send for Heaps<C> {}

/// Figures of the thread heaps, as numbers.
#[derive(Clone, Copy, Default, Debug)]
pub struct ThreadsStats {
    /// Heaps that serve a thread.
    pub attached: usize,
    /// Heaps ever made.
    pub made: usize,
}

/// The owner of spans that are refilled from without a thread heap. No thread heap has this number.
const SHARED: OwnerId = OwnerId(u32::MAX >> 8);

impl<C: CentralHeap> Threads<C> {
    /// The [budget](Self::budget) until another one is set.
    pub const BUDGET: usize = budget::BUDGET;
    /// The largest budget.
    pub const LARGEST_BUDGET: usize = budget::LARGEST_BUDGET;

    /// No thread heaps yet, over `global`.
    pub const fn new(global: C) -> Self {
        let heaps = Mutex::new(Heaps {
            idle: None,
            made: 0,
            newest: None,
            looked_at: None,
        });
        Self {
            global,
            heaps,
            attached: AtomicUsize::new(0),
            budget: Budget::new(),
            next_look: AtomicU64::new(0),
        }
    }

    /// The heap below.
    pub fn global(&self) -> &C {
        &self.global
    }

    /// A slot of `class` without a thread heap; `None` when there is no memory.
    #[inline(never)]
    pub fn allocate_direct(&self, class: SizeClass) -> Option<NonNull<u8>> {
        let mut rng = Pcg32::new(self.global.pages().clock_ns(), 0);
        let mut claims = Claims::NONE;
        self.global.refill_one(class, SHARED, &mut rng, &mut claims)
    }

    /// Takes an object back without a thread heap.
    ///
    /// # Safety
    /// `object` is an object in use of this heap or of a thread heap over it; nobody uses it any more.
    pub unsafe fn free_direct(&self, object: NonNull<u8>) {
        let labels = self.global.labels();
        let Some(page) = labels.page_at(object.addr().get()) else {
            return;
        };
        match labels.label(page).as_small() {
            // SAFETY: nobody uses the object any more.
            Some((class, _)) => unsafe { self.global.release(class, &[object]) },
            // SAFETY: nobody uses the object any more.
            None => unsafe { self.global.free_large(object) },
        }
    }

    /// Sends home what the heap at `local` keeps, and what passes between threads: misuse that nobody has noticed so far is told.
    ///
    /// # Safety
    /// `local` is the calling thread's own heap, and no other call of it is under way, but for a
    /// [`pop_at`](ThreadHeap::pop_at) or [`push_at`](ThreadHeap::push_at) that will not go on.
    pub unsafe fn send_home(&self, mut local: NonNull<ThreadHeap<C>>) {
        // SAFETY: used by the caller alone (contract).
        unsafe { local.as_mut() }.give_back(0);
        self.global.send_home();
    }

    /// Threads that have a heap now. Takes no lock.
    pub fn attached(&self) -> usize {
        self.attached.load(Ordering::Relaxed)
    }

    /// Bytes that each of the first 16 threads may keep, besides the few slots of each class that are free of charge. Of later threads
    /// the `n`-th may keep the part of it that 16 is of `n`, and no less than 256 KiB if the first ones may.
    pub fn budget(&self) -> usize {
        self.budget.load()
    }

    /// Sets the [budget](Self::budget), of at most [`LARGEST_BUDGET`](Self::LARGEST_BUDGET) bytes; says whether it did. Threads that keep more give it up
    /// as they work.
    pub fn set_budget(&self, bytes: usize) -> bool {
        let fits = bytes <= Self::LARGEST_BUDGET;
        if fits {
            self.budget.store(bytes);
        }
        fits
    }

    /// The figures of now.
    pub fn stats(&self) -> ThreadsStats {
        let made = self.heaps.lock().made as usize;
        ThreadsStats {
            attached: self.attached(),
            made,
        }
    }

    /// Bytes of the slots that threads keep or that pass between them. Slots of threads that work meanwhile are estimated.
    pub fn kept_bytes(&self) -> usize {
        let mut bytes = self.global().waiting_bytes();
        let heaps = self.heaps.lock();
        let mut next = heaps.newest;
        while let Some(local) = next {
            // SAFETY: heaps of the list stay for ever.
            bytes += unsafe { ThreadHeap::estimate_kept_bytes_at(local) };
            // SAFETY: written before the heap came into the list, and never again.
            next = unsafe { (*local.as_ptr()).older };
        }
        bytes
    }

    /// Takes the lock of the list of heaps before a fork; who may have it himself only if it is open. Says whether it did.
    pub fn lock_for_fork(&self, standing: Standing) -> bool {
        match standing {
            Standing::Outside => {
                self.heaps.lock_for_fork();
                true
            }
            Standing::Inside => self.heaps.try_lock_for_fork(),
        }
    }

    /// Opens the lock that [`lock_for_fork`](Self::lock_for_fork) took.
    ///
    /// # Safety
    /// The calling thread took it, in this process or in its parent.
    pub unsafe fn unlock_after_fork(&self) {
        // SAFETY: the caller took the lock.
        unsafe { self.heaps.unlock_after_fork() }
    }
}

// SAFETY: as for `ThreadHeap`: slots are claimed for one taker each, and large blocks have runs of their own.
unsafe impl<C: CentralHeap> LockedHeap for Threads<C> {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        match SpanClasses::class_for(layout.size(), layout.align()) {
            Some(class) => self.allocate_direct(class),
            None => Some(
                self.global
                    .allocate_large(layout.size(), layout.align())?
                    .start,
            ),
        }
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, _layout: Layout) {
        // SAFETY: the caller gives the block up.
        unsafe { self.free_direct(block) }
    }
}

// SAFETY: a heap is taken out of the list of idle ones, or new, so no other thread has it; its memory is never unmapped. All
// heaps give back to the one global heap, which takes each other's blocks.
unsafe impl<C: CentralHeap> ThreadLocalHeap for Threads<C> {
    type Local = ThreadHeap<C>;

    fn attach(&self) -> Option<NonNull<Self::Local>> {
        let mut heaps = self.heaps.lock();
        let heap = match heaps.idle {
            Some(heap) => {
                // SAFETY: a heap of the list belongs to whoever has the lock.
                heaps.idle = unsafe { (*heap.as_ptr()).next };
                heap
            }
            None => {
                let owner = OwnerId(heaps.made + 1);
                if owner >= OwnerId::NEVER || self.global.labels().page_count() == 0 {
                    return None;
                }
                // SAFETY: this is not moved while a thread is attached (contract of `ThreadLocal::new`, and of whoever else
                // attaches).
                let heap = unsafe { ThreadHeap::make(&self.global, &self.budget, owner) }?;
                heaps.made += 1;
                // SAFETY: made above, and used by nobody yet.
                unsafe { (*heap.as_ptr()).older = heaps.newest };
                heaps.newest = Some(heap);
                heap
            }
        };
        drop(heaps);
        self.attached.fetch_add(1, Ordering::Relaxed);
        Some(heap)
    }

    unsafe fn detach(&self, mut local: NonNull<Self::Local>) {
        // SAFETY: attached, and used by the caller alone (contract).
        unsafe { self.wake(local) };
        // SAFETY: attached, and used by the caller alone (contract).
        unsafe { local.as_mut() }.flush();
        let mut heaps = self.heaps.lock();
        // SAFETY: used by the caller alone (contract); from here on it belongs to the list.
        unsafe { (*local.as_ptr()).next = heaps.idle };
        heaps.idle = Some(local);
        drop(heaps);
        self.attached.fetch_sub(1, Ordering::Relaxed);
    }
}
