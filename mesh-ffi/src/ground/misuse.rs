//! What becomes of a program that misuses the heap: one line on standard error, and its end, as with glibc.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::ground::line::Line;
use crate::ground::system;

/// Whether a program goes on after it.
static TOLERATED: AtomicBool = AtomicBool::new(false);

/// Lines that a program gets which goes on.
const MOST_LINES: u32 = 16;

/// From now on the program goes on, and what it asked for is not done.
pub(crate) fn tolerate() {
    TOLERATED.store(true, Ordering::Relaxed);
}

/// Whether the program goes on after misuse.
pub(crate) fn is_tolerated() -> bool {
    TOLERATED.load(Ordering::Relaxed)
}

/// Tells that `address` was misused. The caller holds no lock that a handler of SIGABRT could want.
#[cold]
#[inline(never)]
pub(crate) fn tell(what: &str, address: usize) {
    static LINES: AtomicU32 = AtomicU32::new(0);
    let tolerated = TOLERATED.load(Ordering::Relaxed);
    if !tolerated || LINES.fetch_add(1, Ordering::Relaxed) < MOST_LINES {
        Line::new().text(what).address(address).print();
    }
    if !tolerated {
        system::abort();
    }
}
