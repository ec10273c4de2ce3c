//! The write barrier in use, in words.

use arena::BarrierTier;

use crate::ground::heap::HEAP;

/// The write barrier in use, and why it is not the better one.
pub(crate) fn words() -> (&'static str, &'static str) {
    match HEAP.global().pages().barrier_tier() {
        BarrierTier::Userfaultfd => ("userfaultfd", ""),
        BarrierTier::Mprotect(why) => ("mprotect", why.words()),
    }
}
