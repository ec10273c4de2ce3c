//! Zeroed blocks of all sizes: each is looked through, soiled, and freed at a random time.

use super::sizes;
use super::workload::{Body, Workload};
use crate::block::Block;
use crate::site::Scale;
use fastrand::Rng;

/// One thread.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "calloc",
    about: "one thread, calloc of 16 B to 4 KiB, one in 500 to 1 MiB; every byte looked at and soiled",
    needs: &[],
    body: Body::Own(|scale: Scale| soil(scale.of(STEPS))),
};

const STEPS: u64 = 2_000_000;
const LIVE: usize = 3_000;

fn soil(steps: u64) {
    let mut rng = Rng::with_seed(1);
    let mut blocks: Vec<Option<Block>> = std::iter::repeat_with(|| None).take(LIVE).collect();
    for _ in 0..steps {
        let size = if rng.u32(..500) == 0 {
            sizes::inverse(&mut rng, 4 << 10, 8)
        } else {
            sizes::inverse(&mut rng, 16, 8)
        };
        let place = rng.usize(..LIVE);
        // It ends the process if a byte is not zero.
        let mut block = Block::zeroed(size);
        block.restamp(u64::MAX);
        block.fill(0xff);
        blocks[place] = Some(block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soiled_blocks_come_back_clean() {
        soil(20_000);
    }
}
