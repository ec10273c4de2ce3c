//! Whether a thread sleeps, and what it keeps meanwhile.
//!
//! A thread that is about to sleep gives back what it keeps, but not each time: slots that it needs again at once cost more
//! than they are worth. If it did so a short time ago it only says that it sleeps, and others take its slots when it still
//! sleeps some time later. Either way it keeps a little for good, so that one that wakes up for a moment has what it needs.
//!
//! ```text
//!            fall_asleep               a look               the next look
//!   awake --------------> asleep ----------------> seen -------------------> taken
//!     ^                      |                       |                         | a moment later
//!     `------- wake ---------+-----------------------+------------------ relieved
//! ```
//!
//! Looks are made under the lock of the list of heaps. A thread that wakes up while its heap is taken waits for that lock.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// A thread that only uses what it keeps looks at the clock once in this many sleeps; any other in its next one.
const CALM_SLEEPS: u32 = 64;

/// Which calls of the thread may have been interrupted by the function that it sleeps in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calls {
    /// None: its own code, and no signal handler, sleeps.
    None,
    /// One [`pop_at`](crate::ThreadHeap::pop_at) or [`push_at`](crate::ThreadHeap::push_at): a handler may sleep.
    One,
}

impl Calls {
    /// Newest slots of each class that must stay where they are.
    pub(crate) fn stays(self) -> usize {
        match self {
            Self::None => 0,
            Self::One => 1,
        }
    }
}

pub(crate) const AWAKE: u32 = 0;
pub(crate) const ASLEEP: u32 = 1;
pub(crate) const SEEN: u32 = 2;
pub(crate) const TAKEN: u32 = 3;
pub(crate) const RELIEVED: u32 = 4;

/// Whether the thread of a heap sleeps, and what it did before.
pub(crate) struct Rest {
    pub(crate) state: AtomicU32,
    /// [`Calls::stays`] of the sleep; written by the thread before it says that it sleeps.
    pub(crate) stays: AtomicU32,
    /// When the thread last gave back by itself, in milliseconds of the coarse clock. Its own.
    pub(crate) gave_back: AtomicU64,
    /// Sleeps since it last took or gave up slots, or looked at the clock. Its own.
    calm: AtomicU32,
}

impl Rest {
    pub(crate) const fn awake() -> Self {
        Self {
            state: AtomicU32::new(AWAKE),
            stays: AtomicU32::new(0),
            gave_back: AtomicU64::new(0),
            calm: AtomicU32::new(0),
        }
    }

    /// The thread took or gave up slots, so it may keep more than before.
    #[inline]
    pub(crate) fn stir(&self) {
        self.calm.store(0, Ordering::Relaxed);
    }

    /// Whether the thread need not look at the clock before this sleep.
    #[inline]
    pub(crate) fn is_calm(&self) -> bool {
        !self
            .calm
            .load(Ordering::Relaxed)
            .is_multiple_of(CALM_SLEEPS)
    }

    /// Counts a sleep.
    #[inline]
    pub(crate) fn count(&self) {
        let calm = self.calm.load(Ordering::Relaxed);
        self.calm.store(calm.wrapping_add(1), Ordering::Relaxed);
    }

    /// From one state to another; whether it was in that one.
    #[inline]
    pub(crate) fn step(&self, from: u32, to: u32, order: Ordering) -> bool {
        let changed = self
            .state
            .compare_exchange(from, to, order, Ordering::Relaxed);
        changed.is_ok()
    }
}
