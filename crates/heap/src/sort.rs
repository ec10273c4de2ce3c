//! Sorting in little code: the standard library's takes 10 KiB for each kind of element, of a library that is part of every process.

/// The distances at which elements are compared, each about 2.25 times the next (Ciura's, continued as by Tokuda).
const GAPS: [usize; 13] = [
    40412, 17961, 7983, 3548, 1577, 701, 301, 132, 57, 23, 10, 4, 1,
];

/// Sorts `all` by `key`, in place: Shell's sort. Equal ones may change places. Meant for some ten thousand elements at most.
pub fn sort_by_key<T: Copy, K: Ord>(all: &mut [T], key: impl Fn(&T) -> K) {
    for gap in GAPS {
        for from in gap..all.len() {
            let Some(&this) = all.get(from) else { return };
            let this_key = key(&this);
            let mut at = from;
            while let Some(before) = at.checked_sub(gap)
                && let Some(&other) = all.get(before)
                && key(&other) > this_key
            {
                if let Some(place) = all.get_mut(at) {
                    *place = other;
                }
                at = before;
            }
            if let Some(place) = all.get_mut(at) {
                *place = this;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits that look random.
    fn scrambled(at: u32) -> u32 {
        at.wrapping_mul(0x9e37_79b9).rotate_left(15) ^ at
    }

    #[test]
    fn the_order_is_that_of_the_keys() {
        const MOST: usize = 3000;
        let mut all = [(0, 0); MOST];
        for (len, bits) in [(0, 31), (1, 31), (2, 1), (25, 3), (703, 31), (MOST, 9)] {
            for (at, place) in (0..).zip(&mut all) {
                *place = (scrambled(at) >> (32 - bits), at);
            }
            let some = &mut all[..len];
            sort_by_key(some, |&(key, _)| key);
            assert!(some.is_sorted_by_key(|&(key, _)| key), "{len}");
            // Nothing was lost, and nothing is there twice.
            assert!(
                some.iter()
                    .all(|&(key, at)| key == scrambled(at) >> (32 - bits))
            );
            let mut seen = [false; MOST];
            for &(_, at) in some.iter() {
                assert!(!core::mem::replace(&mut seen[at as usize], true));
            }
        }
    }
}
