//! What lets the kernel write to the program's memory at times of its own, found before anything is moved.
//!
//! What is made between a look and the end of the slice is not found in time: see docs/decisions/022-asynchronous-io.md.

mod files;

use core::sync::atomic::{AtomicU64, Ordering};

use super::proc;
use crate::os::Os;
use files::Files;
pub use files::file_status;

/// A look takes at most one part in so many of the time.
const SHARE: u64 = 50;

/// When to look again.
struct Pace(AtomicU64);

impl Pace {
    const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Lets `look` look, if that is due.
    fn when_due<T>(&self, clock: impl Fn() -> u64, look: impl FnOnce() -> T) -> Option<T> {
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

/// What was seen at a look; nothing, where none was due.
#[derive(Clone, Copy, Default, Debug)]
pub struct Sight {
    /// A ring (`io_uring`) that is not known.
    pub ring: bool,
    /// A file or a device that is open for direct I/O.
    pub direct: bool,
    /// Memory that the kernel has pinned: registered buffers, devices of RDMA.
    pub pins: bool,
    /// A filter of system calls.
    pub filter: bool,
}

/// Looks for what lets the kernel write by itself, in a small part of the time.
pub struct Lookout {
    files: Files,
    files_due: Pace,
    status_due: Pace,
}

impl Lookout {
    /// Has not looked yet.
    pub const fn new() -> Self {
        Self {
            files: Files::new(),
            files_due: Pace::new(),
            status_due: Pace::new(),
        }
    }

    /// Looks, as often as is due; rings whose inode `is_known` are passed over. To be called by one thread at a time.
    pub fn look(&self, os: &impl Os, is_known: fn(u64) -> bool) -> Sight {
        let clock = || os.clock_ns();
        let files = self
            .files_due
            .when_due(clock, || self.files.look(is_known))
            .unwrap_or_default();
        let status = self.status_due.when_due(clock, proc::status);
        let status = status.unwrap_or_default();
        Sight {
            ring: files.has_ring,
            direct: files.has_direct,
            pins: status.pinned,
            filter: status.filtered,
        }
    }
}

impl Default for Lookout {
    fn default() -> Self {
        Self::new()
    }
}
