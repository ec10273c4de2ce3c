//! A server whose threads come and go while their objects stay.
//!
//! After Larson and Krishnan, "Memory Allocation for Long-Running Server Applications" (ISMM 1998): a thread owns a set of
//! blocks and again and again replaces a random one by a block of random size; after a number of rounds it hands all
//! its blocks to a new thread and ends. So most blocks are freed by a thread that did not allocate them, and thread
//! heaps are made and left all the time. Here the work is fixed, not the time, so that CPU times can be compared.

use super::workload::{Body, Workload};
use crate::block::{Block, Plain, Source};
use crate::site::Scale;
use fastrand::Rng;

/// Two lines of successive threads.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "larson",
    about: "threads replace random blocks and hand their heaps to new threads",
    needs: &[],
    body: Body::Own(|scale: Scale| lines::<Plain>(LINES, scale.of(GENERATIONS))),
};

/// How many lines of threads there are.
pub(crate) const LINES: u64 = 2;
/// Threads of a line, one after the other.
pub(crate) const GENERATIONS: u64 = 200;
const BLOCKS: usize = 5_000;
/// What each of them replaces.
pub(crate) const REPLACEMENTS: usize = 50_000;
const SIZES: std::ops::Range<usize> = 10..500;

/// So many lines beside each other.
pub(crate) fn lines<S: Source>(count: u64, generations: u64) {
    std::thread::scope(|scope| {
        for line in 1..=count {
            scope.spawn(move || serve::<S>(generations, line));
        }
    });
}

/// One line: each generation is a thread that gets the blocks of the one before.
fn serve<S: Source>(generations: u64, seed: u64) -> Vec<Block> {
    let mut rng = Rng::with_seed(seed);
    let mut blocks: Vec<Block> = (0..BLOCKS).map(|_| S::block(rng.usize(SIZES), 0)).collect();
    for generation in 0..generations {
        let mut rng = rng.fork();
        let thread = std::thread::spawn(move || {
            for _ in 0..REPLACEMENTS {
                let place = rng.usize(..blocks.len());
                blocks[place] = S::block(rng.usize(SIZES), generation + 1);
            }
            blocks
        });
        blocks = match thread.join() {
            Ok(blocks) => blocks,
            Err(panic) => std::panic::resume_unwind(panic),
        };
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_outlive_their_threads() {
        let blocks = serve::<Plain>(2, 1);
        assert_eq!(blocks.len(), BLOCKS);
        // 50,000 replacements leave none of the first 5,000 blocks alone with overwhelming chance, twice over.
        assert!(blocks.iter().any(|block| block.stamp() == 2));
        assert!(blocks.iter().all(|block| block.stamp() <= 2));
    }
}
