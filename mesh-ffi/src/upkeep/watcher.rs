//! Whoever does upkeep asks for what is due beside it.

use crate::ground::heap::HEAP;
use crate::upkeep::{pressure, published};

/// From now on.
pub(crate) fn begin() {
    HEAP.global().watch_upkeep(on_upkeep);
}

/// May run on the stack of the upkeep, under locks of ours: it asks, and somebody else answers.
fn on_upkeep(now: u64) {
    pressure::ask_if_due(now);
    published::ask_if_due(now);
}
