//! Whether our handlers are in place.

use core::sync::atomic::{AtomicBool, Ordering};

use crate::ground::reach;

static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Whether our handlers are in place.
#[inline]
pub(super) fn installed() -> bool {
    // Acquire: pairs with the release store of `set`.
    INSTALLED.load(Ordering::Acquire)
}

/// Notes that they are, and that the program's wishes are known.
pub(super) fn set() {
    INSTALLED.store(true, Ordering::Release);
    reach::set_guarded();
}
