//! Which words may have waiters without FUTEX_PRIVATE_FLAG.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use heap::PageIndex;

use super::raw::wake_private;
use crate::ground::heap::HEAP;
use crate::unseen::pinning::pin;

/// Marks, of which pages share some.
const MARKS: usize = 1 << 16;

const WORD: usize = u64::BITS as usize;

static MARKED: [AtomicU64; MARKS / WORD] = [const { AtomicU64::new(0) }; MARKS / WORD];

/// Whether all pages are marked.
static ALL: AtomicBool = AtomicBool::new(false);

/// Where a word lies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In no small object: the page stays as it is.
    Elsewhere,
    /// In a small object: all its waiters have the flag.
    Unmarked,
    /// In a small object: there may be waiters without the flag, and others.
    Marked,
}

/// Where the word at `word` lies.
pub(super) fn place(word: usize) -> Place {
    let labels = HEAP.global().labels();
    let small = |page: &PageIndex| labels.label(*page).as_small().is_some();
    match labels.page_at(word).filter(small) {
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
    let number = page.0 as usize % MARKS;
    let mark = MARKED.get(number / WORD).unwrap_or(&MARKED[0]);
    (mark, 1 << (number % WORD))
}

/// Pins the small object at `word`, if there is one, and marks its page. Marks stay.
pub(super) fn mark(word: usize) {
    let labels = HEAP.global().labels();
    let Some(page) = labels.page_at(word) else {
        return;
    };
    if labels.label(page).as_small().is_some() {
        // First the pin: a thread that finds the mark may wait at once.
        pin(core::ptr::without_provenance(word), 1);
        let (mark, bit) = mark_of(page);
        mark.fetch_or(bit, Ordering::Release);
    }
}

/// Prepares the word at `word` for a kernel that will wake who waits there, without the flag.
pub(crate) fn prepare_for_kernel(word: usize) {
    if place(word) != Place::Elsewhere {
        mark(word);
        wake_private(word, i32::MAX);
    }
}

/// Marks all pages. Nothing may be meshed any more.
pub(crate) fn mark_all() {
    ALL.store(true, Ordering::Release);
}
