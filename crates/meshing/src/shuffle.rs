//! Uniformly random order.

use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

/// Puts `items` into a uniformly random order (Fisher and Yates).
pub(crate) fn shuffle(items: &mut [u32], rng: &mut Pcg32) {
    let mut rest = items;
    while let Some(other) = rest.len().checked_sub(1) {
        // The high half of a product instead of a remainder: no division, and a bias of at most
        // length / 2^32.
        let pick = (u64::from(rng.next_u32()) * rest.len() as u64) >> 32;
        rest.swap(pick as usize, other);
        rest = &mut rest[..other];
    }
}
