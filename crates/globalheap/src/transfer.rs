//! Batches of slots on their way from one thread to another.
//!
//! Where a thread has slots of a class left over, another one often lacks them: who frees what others allocate stands beside who
//! allocates what others free. Batches that pass from hand to hand stay claimed, and no span's record is touched. What nobody
//! asks for until the next upkeep goes home then.
//!
//! The idea of a store of batches between threads and spans is that of TCMalloc's transfer cache.

use core::alloc::Layout;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

use heap::{ClassMap, Guard, Metadata, Mutex, RawLock, SizeClass};
use miniheap::SpanClasses;
use shufflevector::ShuffleVector;

use crate::tuning::{TRANSFER_BYTES, TRANSFER_SLOTS};

/// The slots of one class that wait for a taker, on cache lines of their own.
#[repr(align(128))]
pub(crate) struct Transfer<L> {
    /// Their number, to be looked at without the lock.
    waiting: AtomicUsize,
    /// Absent before the first.
    slots: Mutex<L, Option<ShuffleVector>>,
}

impl<L: RawLock> Transfer<L> {
    pub(crate) const fn new() -> Self {
        Self {
            waiting: AtomicUsize::new(0),
            slots: Mutex::new(None),
        }
    }

    /// Takes the lock before a fork, if `take` does.
    pub(crate) fn lock_for_fork(
        &self,
        take: impl FnOnce(&Mutex<L, Option<ShuffleVector>>) -> bool,
    ) -> bool {
        take(&self.slots)
    }

    /// Opens the lock that [`lock_for_fork`](Self::lock_for_fork) took.
    ///
    /// # Safety
    /// The calling thread took it, in this process or in its parent.
    pub(crate) unsafe fn unlock_after_fork(&self) {
        // SAFETY: the caller took the lock.
        unsafe { self.slots.unlock_after_fork() }
    }

    /// How many slots wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// The slots, if there may be any.
    fn lock_unless_empty(&self) -> Option<Guard<'_, L, Option<ShuffleVector>>> {
        // Relaxed: a hint; whoever sees an old number asks the spans, or takes the lock for nothing.
        (self.waiting.load(Ordering::Relaxed) > 0).then(|| self.slots.lock())
    }

    /// Adds all of `slots`; says whether there was room. Its frame is not above those of a release: some stacks are small.
    #[inline(never)]
    pub(crate) fn put(
        &self,
        memory: &impl Metadata,
        class: SizeClass,
        slots: &[NonNull<u8>],
    ) -> bool {
        let mut known = self.slots.lock();
        if known.is_none() {
            *known = storage(memory, class);
        }
        let Some(waiting) = known.as_mut() else {
            return false;
        };
        let fits = slots.len() <= waiting.room();
        if fits {
            waiting.append(slots);
            self.waiting.store(waiting.len(), Ordering::Relaxed);
        }
        fits
    }

    /// Passes up to `most` of the newest slots to `take`; returns their number.
    pub(crate) fn take(&self, most: usize, take: impl FnOnce(&[NonNull<u8>])) -> usize {
        let mut known = self.lock_unless_empty();
        let Some(waiting) = known.as_deref_mut().and_then(Option::as_mut) else {
            return 0;
        };
        let taken = waiting.len().min(most);
        let rest = waiting.len() - taken;
        take(waiting.as_slice().get(rest..).unwrap_or_default());
        waiting.remove_newest(taken);
        self.waiting.store(rest, Ordering::Relaxed);
        taken
    }
}

/// An empty vector with room for what may wait of one class.
fn storage(memory: &impl Metadata, class: SizeClass) -> Option<ShuffleVector> {
    let fit = TRANSFER_BYTES / SpanClasses::object_size(class);
    let capacity = fit.clamp(*TRANSFER_SLOTS.start(), *TRANSFER_SLOTS.end());
    let entries = memory.metadata(Layout::array::<*mut u8>(capacity).ok()?)?;
    // SAFETY: as many entries, which are nobody else's and never go back (promise of `Metadata`).
    Some(unsafe { ShuffleVector::new(entries.cast(), capacity, capacity) })
}

/// One for each class.
pub(crate) type Transfers<L> = [Transfer<L>; SpanClasses::ALL];
