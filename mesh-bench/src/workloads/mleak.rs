//! Threads that start, allocate, leave a few blocks behind and end.
//!
//! After *mleak* of the suite of mimalloc, which tests that threads that end do not leak: here each leaves one block in twenty to the
//! first thread, which keeps the last hundred gifts and frees the older ones. What an ended thread held must serve the next.

use super::sizes;
use super::workload::{Body, Workload};
use crate::block::Block;
use crate::site::Scale;
use fastrand::Rng;
use std::collections::VecDeque;

/// Two threads at a time.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "mleak",
    about: "2,000 short-lived threads, two at a time, each leaves 5% of its blocks behind",
    needs: &[],
    body: Body::Own(|scale: Scale| {
        lives(scale.of(LIVES));
    }),
};

const LIVES: u64 = 1_000;
const BLOCKS: usize = 5_000;
const LEFT: usize = 20;
const GIFTS: usize = 100;

/// Returns the blocks that are left in the end.
fn lives(lives: u64) -> usize {
    let mut gifts = VecDeque::new();
    for life in 0..lives {
        let threads = [2 * life, 2 * life + 1].map(|seed| std::thread::spawn(move || live(seed)));
        gifts.extend(threads.map(|thread| thread.join().unwrap_or_default()));
        while gifts.len() > GIFTS {
            let gift: Vec<Block> = gifts.pop_front().unwrap_or_default();
            let giver = gift.first().map_or(0, Block::stamp);
            gift.iter().for_each(|block| block.expect(giver));
        }
    }
    gifts.iter().map(Vec::len).sum()
}

/// The life of a thread: what it leaves.
fn live(seed: u64) -> Vec<Block> {
    let mut rng = Rng::with_seed(seed);
    let mut blocks: Vec<_> = (0..BLOCKS)
        .map(|_| Block::new(sizes::inverse(&mut rng, 16, 6), seed))
        .collect();
    let mut index = 0;
    blocks.retain(|block| {
        block.expect(seed);
        index += 1;
        index % LEFT == 0
    });
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_gifts_are_kept() {
        assert_eq!(lives(10), 20 * BLOCKS / LEFT);
        assert_eq!(lives(60), GIFTS * BLOCKS / LEFT);
    }
}
