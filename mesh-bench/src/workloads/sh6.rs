//! Bursts of blocks of which the newest are freed in reverse order, and the others in the order of their age.
//!
//! After what is published about *sh6bench*, MicroQuill's stress test of SmartHeap: sizes up to 1,000 bytes, small ones more
//! often; some objects are freed last allocated first, others the other way round.

use super::workload::{Body, Workload};
use crate::block::Block;
use crate::site::Scale;
use fastrand::Rng;
use std::collections::VecDeque;

/// One thread.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "sh6",
    about: "one thread, up to 1,000 B, half freed newest first, half oldest first",
    needs: &[],
    body: Body::Own(|scale: Scale| bursts(scale.of(BURSTS))),
};

const BURSTS: u64 = 80_000;
const BURST: usize = 400;
const LIVE: usize = 20_000;

fn bursts(bursts: u64) {
    let mut rng = Rng::with_seed(1);
    let mut live = VecDeque::with_capacity(LIVE + BURST);
    for burst in 0..bursts {
        let blocks = (0..BURST).map(|_| Block::new(size(&mut rng), burst));
        live.extend(blocks);
        for block in live.drain(live.len() - BURST / 2..).rev() {
            block.expect(burst);
        }
        let surplus = live.len().saturating_sub(LIVE);
        for block in live.drain(..surplus) {
            // Half of each burst stays, so this one is of the burst that is LIVE blocks older.
            block.expect(burst - (LIVE / (BURST / 2)) as u64);
        }
    }
}

/// From 1 to 1,000 bytes, three in five of them below 250.
pub(super) fn size(rng: &mut Rng) -> usize {
    1 + rng.usize(..1_000) * rng.usize(..1_000) / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_block_dies_at_its_time() {
        // A block that is not of the expected burst ends the process: enough bursts for both ways.
        bursts((3 * LIVE / BURST) as u64);
    }

    #[test]
    fn small_sizes_are_more_frequent() {
        let mut rng = Rng::with_seed(1);
        let sizes: Vec<_> = (0..10_000).map(|_| size(&mut rng)).collect();
        assert!(sizes.iter().all(|size| (1..=1_000).contains(size)));
        let small = sizes.iter().filter(|&&size| size < 250).count();
        assert!((5_500..6_500).contains(&small), "{small}");
    }
}
