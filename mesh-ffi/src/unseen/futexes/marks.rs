//! Which words may have waiters without FUTEX_PRIVATE_FLAG.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use heap::PageIndex;

use crate::ground::heap::HEAP;
use crate::unseen::written::meshed_object;

/// Marks, of which pages share some.
const MARKS: usize = 1 << 16;

const WORD: usize = u64::BITS as usize;

static MARKED: [AtomicU64; MARKS / WORD] = [const { AtomicU64::new(0) }; MARKS / WORD];

/// Whether all pages are marked.
static ALL: AtomicBool = AtomicBool::new(false);

/// Where a word lies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In no object that may be meshed: the page stays as it is.
    Elsewhere,
    /// In one that may be meshed: who waits by `syscall` has the flag.
    Unmarked,
    /// In one that is pinned: there may be waiters without the flag, and others.
    Marked,
}

/// Where the word at `word` lies.
pub(super) fn place(word: usize) -> Place {
    match page_of(word) {
        None => Place::Elsewhere,
        // Relaxed: who waits at a word, or wakes, has heard of the call that marked it from the program.
        Some(_) if ALL.load(Ordering::Relaxed) => Place::Marked,
        Some(page) => {
            let (mark, bit) = mark_of(page);
            if mark.load(Ordering::Relaxed) & bit == 0 {
                Place::Unmarked
            } else {
                Place::Marked
            }
        }
    }
}

fn mark_of(page: PageIndex) -> (&'static AtomicU64, u64) {
    let number = page.0 % MARKS;
    let mark = MARKED.get(number / WORD).unwrap_or(&MARKED[0]);
    (mark, 1 << (number % WORD))
}

/// The page of the object at `word`, if it may be meshed.
fn page_of(word: usize) -> Option<PageIndex> {
    meshed_object(word)?;
    HEAP.global().labels().page_at(word)
}

/// Marks the page of the object at `word`, if it may be meshed. Marks stay.
pub(crate) fn set(word: usize) {
    if let Some(page) = page_of(word) {
        let (mark, bit) = mark_of(page);
        mark.fetch_or(bit, Ordering::Relaxed);
    }
}

/// Marks all pages. Nothing may be meshed any more.
pub(crate) fn set_all() {
    ALL.store(true, Ordering::Relaxed);
}
