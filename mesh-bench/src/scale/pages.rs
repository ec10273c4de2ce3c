//! Which thread wrote to a page first, as far as a workload's blocks tell.

use crate::block::{Block, Source};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// Blocks from `malloc`, of which is noted whether they begin in a page that another thread wrote to first.
pub(crate) struct Noted;

/// Bytes of a page.
const PAGE: usize = 4096;

/// Room for so many pages: 32 GiB.
const SLOTS: usize = 1 << 23;

/// For each page its number and, in the lowest bits, the thread: zero is an empty slot.
static PAGES: Table = Table([const { AtomicU64::new(0) }; SLOTS]);

/// A table with open addresses.
struct Table([AtomicU64; SLOTS]);

const THREAD_BITS: u32 = 24;

static THREADS: AtomicU64 = AtomicU64::new(1);
static BLOCKS: AtomicU64 = AtomicU64::new(0);
static ELSEWHERE: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static THREAD: Cell<u64> = Cell::new(THREADS.fetch_add(1, Ordering::Relaxed));
}

/// What was seen of all blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Blocks.
    pub(crate) blocks: u64,
    /// Those that begin in a page that another thread wrote to first.
    pub(crate) elsewhere: u64,
}

impl Source for Noted {
    fn block(size: usize, stamp: u64) -> Block {
        let block = Block::new(size, stamp);
        let thread = THREAD.get();
        let first = PAGES.first((block.address() / PAGE) as u64, thread);
        BLOCKS.fetch_add(1, Ordering::Relaxed);
        if first != thread {
            ELSEWHERE.fetch_add(1, Ordering::Relaxed);
        }
        block
    }
}

/// What was seen so far.
pub(crate) fn seen() -> Seen {
    Seen {
        blocks: BLOCKS.load(Ordering::Relaxed),
        elsewhere: ELSEWHERE.load(Ordering::Relaxed),
    }
}

impl Table {
    /// The thread that came to `page` first, which is `thread` if nobody has.
    fn first(&self, page: u64, thread: u64) -> u64 {
        let entry = page << THREAD_BITS | thread;
        let hash = page.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        for step in 0..SLOTS {
            let slot = &self.0[(hash as usize + step) % SLOTS];
            let mut found = slot.load(Ordering::Relaxed);
            if found == 0 {
                // Relaxed: the word is all that there is.
                found = match slot.compare_exchange(0, entry, Ordering::Relaxed, Ordering::Relaxed)
                {
                    Ok(_) => entry,
                    Err(other) => other,
                };
            }
            if found >> THREAD_BITS == page {
                return found & ((1 << THREAD_BITS) - 1);
            }
        }
        // Full: nobody's.
        thread
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_thread_of_a_page_stays() {
        // Pages that no block of a test is in.
        for page in 1..1_000 {
            assert_eq!(PAGES.first(page, 7), 7);
        }
        for page in 1..1_000 {
            assert_eq!(PAGES.first(page, 8), 7);
        }
        assert_eq!(PAGES.first(2_000, 8), 8);
    }

    #[test]
    fn a_block_of_a_page_of_another_thread_is_seen() {
        let mine = Noted::block(64, 0);
        let first = PAGES.first((mine.address() / PAGE) as u64, 1 << 23);
        assert_eq!(first, THREAD.get());
        assert!(seen().blocks >= 1 && seen().elsewhere <= seen().blocks);
    }
}
