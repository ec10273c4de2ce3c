//! Aligned blocks beside others, with random lifetimes.
//!
//! Sizes are odd: mimalloc 2.0.9 returns some blocks of a power of two bytes at addresses that are not aligned, and then
//! it would have no figures here.

use super::sizes;
use super::workload::{Body, Workload};
use crate::block::Block;
use crate::site::Scale;
use fastrand::Rng;

/// One thread.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "aligned",
    about: "one thread, 16 B to 16 KiB, half of them at multiples of 16 B to 8 KiB, random lifetimes",
    needs: &[],
    body: Body::Own(|scale: Scale| replace(scale.of(STEPS))),
};

const STEPS: u64 = 3_000_000;
const LIVE: usize = 10_000;

fn replace(steps: u64) {
    let mut rng = Rng::with_seed(1);
    let mut blocks: Vec<Option<Block>> = std::iter::repeat_with(|| None).take(LIVE).collect();
    for _ in 0..steps {
        let place = rng.usize(..LIVE);
        if let Some(block) = blocks[place].take() {
            block.expect(place as u64);
        }
        let size = sizes::inverse(&mut rng, 16, 10) | 1;
        blocks[place] = Some(if rng.bool() {
            // It ends the process if the address is not aligned.
            Block::aligned(16 << rng.u32(..10), size, place as u64)
        } else {
            Block::new(size, place as u64)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligned_blocks_and_others_do_not_overlap() {
        // A block with a foreign stamp ends the process.
        replace(50_000);
    }
}
