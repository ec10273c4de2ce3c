//! What all threads share: the mailboxes, and what has been counted.

use std::fmt::Display;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mesh_tests::block::Block;

/// Mailboxes: room for this many blocks that live.
pub(crate) const MAILBOXES: usize = 16384;

/// The state of the run.
#[derive(Debug)]
pub(crate) struct Shared {
    mailboxes: Box<[Mutex<Option<Block>>]>,
    verified: AtomicU64,
    deliveries: AtomicU64,
}

impl Shared {
    pub(crate) fn new() -> Self {
        let mailboxes = (0..MAILBOXES).map(|_| Mutex::new(None)).collect();
        Self {
            mailboxes,
            verified: AtomicU64::new(0),
            deliveries: AtomicU64::new(0),
        }
    }

    /// Opens a mailbox. Nobody else sees the block in it meanwhile.
    pub(crate) fn open(&self, index: usize) -> MutexGuard<'_, Option<Block>> {
        self.mailboxes[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts blocks that were put into mailboxes. Relaxed: an estimate serves.
    pub(crate) fn add_deliveries(&self, blocks: u64) {
        self.deliveries.fetch_add(blocks, Ordering::Relaxed);
    }

    /// Whether so many blocks have been delivered that nearly every mailbox has changed hands.
    pub(crate) fn is_mixed(&self) -> bool {
        self.deliveries.load(Ordering::Relaxed) > 4 * MAILBOXES as u64
    }

    /// Counts verified blocks. Relaxed: it is read after all threads have been joined.
    pub(crate) fn add_verified(&self, blocks: u64) {
        self.verified.fetch_add(blocks, Ordering::Relaxed);
    }

    pub(crate) fn verified(&self) -> u64 {
        self.verified.load(Ordering::Relaxed)
    }

    /// Bytes of the blocks in the mailboxes, each counted when its mailbox is looked at.
    pub(crate) fn live_bytes(&self) -> usize {
        let size = |index| self.open(index).as_ref().map_or(0, Block::size);
        (0..MAILBOXES).map(size).sum()
    }

    /// Frees every block that is left.
    pub(crate) fn free_all(&self) {
        for index in 0..MAILBOXES {
            if let Some(block) = self.open(index).take() {
                sound(block.free());
            }
        }
    }
}

/// The value, or the end of the run: after corruption nothing can be trusted.
pub(crate) fn sound<T, E: Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| {
        eprintln!("stress: corrupt {error}");
        process::exit(1)
    })
}

/// The block, or the end of the run.
pub(crate) fn there(block: Option<Block>) -> Block {
    block.unwrap_or_else(|| {
        eprintln!("stress: no memory");
        process::exit(1)
    })
}
