//! Addresses for tests, where nobody else maps anything.

use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering};

/// The first of them.
const FAR: usize = 16 << 40;
/// Bytes for each test.
const APART: usize = 4 << 30;

static PLACES: AtomicUsize = AtomicUsize::new(0);

/// A range that no other test has.
pub(crate) fn apart() -> Range<usize> {
    let start = FAR + PLACES.fetch_add(1, Ordering::Relaxed) * APART;
    start..start + APART
}
