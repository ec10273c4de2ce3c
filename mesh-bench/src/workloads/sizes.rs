//! Sizes of which small ones are frequent and large ones are not.

use fastrand::Rng;

/// A size from `least` up to, not including, `least << doublings`; each doubling is as frequent as any other.
///
/// So the frequency of a size falls with its inverse.
pub(super) fn inverse(rng: &mut Rng, least: usize, doublings: u32) -> usize {
    let low = least << rng.u32(..doublings);
    low + rng.usize(..low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_doubling_has_its_share() {
        let mut rng = Rng::with_seed(1);
        let mut counts = [0u32; 4];
        for _ in 0..8_000 {
            let size = inverse(&mut rng, 16, 4);
            assert!((16..256).contains(&size), "{size}");
            counts[size.ilog2() as usize - 4] += 1;
        }
        assert!(
            counts.iter().all(|count| (1_800..2_200).contains(count)),
            "{counts:?}"
        );
    }
}
