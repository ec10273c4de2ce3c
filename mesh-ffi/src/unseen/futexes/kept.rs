//! Words whose waiters keep doing without FUTEX_PRIVATE_FLAG: their spans are pinned.

use core::ptr::without_provenance;

use super::marks::{self, Place, place};
use super::raw::wake_private;
use crate::unseen::pinning::pin;

/// Pins the object at `word`, if it may be meshed, and marks its page.
pub(super) fn mark(word: usize) {
    if place(word) != Place::Elsewhere {
        // First the pin: a thread that finds the mark may wait at once.
        pin(without_provenance(word), 1);
        marks::set(word);
    }
}

/// Prepares the word at `word` for a kernel that will wake who waits there, without the flag.
pub(crate) fn prepare_for_kernel(word: usize) {
    if place(word) != Place::Elsewhere {
        mark(word);
        wake_private(word, i32::MAX);
    }
}
