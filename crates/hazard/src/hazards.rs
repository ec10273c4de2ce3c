//! All records.

use core::iter::successors;
use core::ptr::{NonNull, null_mut};

use crate::pages::Pages;
use crate::record::HazardRecord;
use sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering, compiler_fence, fence};
use sync::{array, const_unless_loom};

/// Records of a chunk: with the link they fill a page.
#[cfg(not(loom))]
const RECORDS: usize = 31;
#[cfg(loom)]
const RECORDS: usize = 1;

/// Memory for records. All zeros is a chunk of records that serve nobody.
#[repr(C, align(128))]
#[derive(Debug)]
pub struct Chunk {
    next: AtomicPtr<Chunk>,
    records: [HazardRecord; RECORDS],
}

#[cfg(not(loom))]
static_assertions::const_assert_eq!(size_of::<Chunk>(), 4096);

impl Chunk {
    const_unless_loom! {
        /// Records that serve nobody.
        pub fn new() -> Self {
            Self {
                next: AtomicPtr::new(null_mut()),
                records: array!(HazardRecord::new(); RECORDS),
            }
        }
    }
}

impl Default for Chunk {
    fn default() -> Self {
        Self::new()
    }
}

/// The records of all threads. They are added to, and never go.
#[derive(Debug)]
pub struct Hazards {
    first: AtomicPtr<Chunk>,
    /// Calls under way for which there was no record.
    unrecorded: AtomicUsize,
    /// Whether a mesh makes all threads pass a fence, so that calls need none.
    asymmetric: AtomicBool,
}

impl Default for Hazards {
    fn default() -> Self {
        Self::new()
    }
}

impl Hazards {
    const_unless_loom! {
        /// No records yet.
        pub fn new() -> Self {
            Self {
                first: AtomicPtr::new(null_mut()),
                unrecorded: AtomicUsize::new(0),
                asymmetric: AtomicBool::new(false),
            }
        }
    }

    fn chunks(&self) -> impl Iterator<Item = &Chunk> {
        // Acquire: pairs with the release exchange of `add`.
        let first = NonNull::new(self.first.load(Ordering::Acquire));
        let after = |chunk: &NonNull<Chunk>| {
            // SAFETY: linked by `add`, whose caller promised that it stays valid.
            let chunk = unsafe { chunk.as_ref() };
            NonNull::new(chunk.next.load(Ordering::Acquire))
        };
        // SAFETY: a chunk that `add` linked, whose caller promised that it stays valid.
        successors(first, after).map(|chunk| unsafe { chunk.as_ref() })
    }

    fn records(&self) -> impl Iterator<Item = &HazardRecord> {
        self.chunks().flat_map(|chunk| &chunk.records)
    }

    /// Adds the records of `chunk`.
    ///
    /// # Safety
    /// `chunk` is a valid chunk of records that serve nobody, it stays valid as long as `self` lives, and it is added once.
    pub unsafe fn add(&self, chunk: NonNull<Chunk>) {
        let mut first = self.first.load(Ordering::Relaxed);
        loop {
            // SAFETY: valid (contract).
            let new = unsafe { chunk.as_ref() };
            new.next.store(first, Ordering::Relaxed);
            // Release: whoever finds the chunk finds its link.
            let added = self.first.compare_exchange(
                first,
                chunk.as_ptr(),
                Ordering::Release,
                Ordering::Relaxed,
            );
            match added {
                Ok(_) => return,
                Err(other) => first = other,
            }
        }
    }

    /// The record that serves the thread `owner`, a number that no other live thread has and that is not zero: the one that
    /// it has already, or one that serves nobody. `None` when there is none left.
    ///
    /// Takes no lock, so that a signal handler may call it.
    pub fn take(&self, owner: usize) -> Option<&HazardRecord> {
        debug_assert!(owner != 0);
        let of = |wanted: usize| {
            move |record: &&HazardRecord| record.owner.load(Ordering::Relaxed) == wanted
        };
        if let Some(own) = self.records().find(of(owner)) {
            return Some(own);
        }
        self.records().filter(of(0)).find(|record| {
            // Acquire: pairs with the release of `give_back`.
            record
                .owner
                .compare_exchange(0, owner, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
        })
    }

    /// Takes a record back from the thread `owner`, which has ended or is about to, with all that it still names.
    pub fn give_back(&self, record: &HazardRecord, owner: usize) {
        if record.owner.load(Ordering::Relaxed) == owner {
            record.clear();
            record.owner.store(0, Ordering::Release);
        }
    }

    /// Takes a record back from the thread `owner` if it names nothing.
    pub fn give_back_if_idle(&self, record: &HazardRecord, owner: usize) {
        if record.is_idle() {
            // A signal handler may have come in between, and have given it back already: it may serve another thread.
            let _ = record
                .owner
                .compare_exchange(owner, 0, Ordering::Release, Ordering::Relaxed);
        }
    }

    /// Begins a call for which there is no record: until [`leave_unrecorded`](Self::leave_unrecorded) every page is named.
    pub fn enter_unrecorded(&self) {
        // Sequentially consistent, as is the fence that follows it.
        self.unrecorded.fetch_add(1, Ordering::SeqCst);
    }

    /// Ends such a call.
    pub fn leave_unrecorded(&self) {
        // After a fork the count may have been forgotten meanwhile.
        let less = |calls: usize| calls.checked_sub(1);
        let _ = self
            .unrecorded
            .fetch_update(Ordering::Release, Ordering::Relaxed, less);
    }

    /// Says that every mesh will make all threads pass a fence between the beginning of its barrier and its look at the
    /// records.
    pub fn set_asymmetric(&self) {
        self.asymmetric.store(true, Ordering::Relaxed);
    }

    /// Whether a mesh makes all threads pass a fence.
    pub fn is_asymmetric(&self) -> bool {
        self.asymmetric.load(Ordering::Relaxed)
    }

    /// The fence of a call, between its publication and its look at the barrier.
    #[inline]
    pub fn fence_of_call(&self) {
        if self.is_asymmetric() {
            compiler_fence(Ordering::SeqCst);
        } else {
            fence(Ordering::SeqCst);
        }
    }

    /// The fence of a mesh where calls have full ones, between the beginning of its barrier and its look at the records.
    pub fn fence_of_mesh(&self) {
        fence(Ordering::SeqCst);
    }

    /// Whether a call that does not see the barrier under way may write to one of `pages`.
    pub fn names(&self, pages: Pages) -> bool {
        self.unrecorded.load(Ordering::Acquire) != 0
            || self.records().any(|record| record.names(pages))
    }

    /// What is published at this moment.
    pub fn published(&self) -> impl Iterator<Item = Pages> {
        self.records().flat_map(HazardRecord::published)
    }

    /// In the child of a fork: only the calls of the thread `owner`, which forked, are still under way.
    pub fn keep_only(&self, owner: usize) {
        for record in self.records() {
            if record.owner.load(Ordering::Relaxed) != owner {
                record.clear();
                record.owner.store(0, Ordering::Relaxed);
            }
        }
        self.unrecorded.store(0, Ordering::Relaxed);
    }
}
