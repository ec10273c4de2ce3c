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

#[cfg(test)]
mod tests {
    use super::*;

    /// 24,000 shuffles with a fixed seed: each of the 24 orders 1,000 times, up to six standard
    /// deviations of 31.
    #[test]
    fn every_order_is_equally_likely() {
        let mut rng = Pcg32::new(2019, 0);
        let mut seen = [0; 256];
        for _ in 0..24_000 {
            let mut items = [0, 1, 2, 3];
            shuffle(&mut items, &mut rng);
            seen[items
                .iter()
                .fold(0, |order, item| order * 4 + *item as usize)] += 1;
        }
        let orders = seen.iter().filter(|&&times| times > 0);
        assert_eq!(orders.clone().count(), 24);
        for times in orders {
            assert!((814..=1_186).contains(times), "{times}");
        }
    }
}
