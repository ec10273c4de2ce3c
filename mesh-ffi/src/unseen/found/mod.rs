//! What lets the kernel write to the program's memory at times of its own, found before anything is moved.
//!
//! The functions of libraries with which this begins are seen (`asynchronous`). A program may also have them linked into itself, or
//! make the system calls on its own. What that leaves behind is looked for before each cycle and each slice of one:
//!
//! | there is | then |
//! |---|---|
//! | an `io_uring` that nobody was seen to make | nothing is meshed any more |
//! | memory that the kernel has pinned (registered buffers, devices of RDMA) | nothing is meshed any more |
//! | a file that is open for direct I/O | objects as large as the least transfer are left alone: each of these reads by physical address |
//!
//! What is made between a look and the end of the slice is not found in time: see docs/decisions/022-asynchronous-io.md.

mod files;
pub(crate) mod rings;

use core::sync::atomic::{AtomicU64, Ordering};

use arena::{Linux, Os};

use crate::ground::heap::HEAP;

/// Bytes that direct I/O transfers at least.
const LEAST_DIRECT: usize = 512;

/// A look takes at most one part in so many of the time.
const SHARE: u64 = 50;

/// Why nothing may be meshed.
pub(crate) enum Found {
    /// A ring that was not seen to be made.
    Ring,
    /// Memory that the kernel has pinned.
    Pins,
}

/// When to look again.
struct Pace(AtomicU64);

impl Pace {
    const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Lets `look` look, if that is due.
    fn when_due<T>(&self, look: impl FnOnce() -> T) -> Option<T> {
        let clock = || HEAP.global().pages().os().clock_ns();
        let begin = clock();
        // Relaxed: who looks has the lock of the cycle.
        if begin < self.0.load(Ordering::Relaxed) {
            return None;
        }
        let seen = look();
        let end = clock();
        let pause = end.saturating_sub(begin).saturating_mul(SHARE);
        self.0.store(end.saturating_add(pause), Ordering::Relaxed);
        Some(seen)
    }
}

static FILES: Pace = Pace::new();
static PINS: Pace = Pace::new();

/// Looks, as often as is due. To be called with the lock of the cycle.
pub(crate) fn look() -> Option<Found> {
    if let Some(seen) = FILES.when_due(files::look) {
        if seen.has_direct {
            HEAP.global().mesh_only_below(LEAST_DIRECT);
        }
        if seen.has_ring {
            return Some(Found::Ring);
        }
    }
    let has_pins = PINS.when_due(Linux::has_pinned_memory);
    (has_pins == Some(true)).then_some(Found::Pins)
}
