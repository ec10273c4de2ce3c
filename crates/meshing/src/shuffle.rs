//! Uniformly random order.

use core::mem::swap;

use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

/// Puts `items` into a uniformly random order (Fisher and Yates).
pub(crate) fn shuffle(items: &mut [u32], rng: &mut Pcg32) {
    let mut rest = items;
    while let Some((last, others)) = rest.split_last_mut() {
        // The high half of a product instead of a remainder: no division, and a bias of at most
        // length / 2^32. Picking the place after `others` leaves `last` where it is.
        let pick = (u64::from(rng.next_u32()) * (others.len() as u64 + 1)) >> 32;
        if let Some(other) = others.get_mut(pick as usize) {
            swap(last, other);
        }
        rest = others;
    }
}
