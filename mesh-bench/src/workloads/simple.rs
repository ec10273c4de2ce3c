//! Batches of blocks of one size: all allocated, then all freed, as glibc's own `malloc-simple` benchmark does.
//!
//! Small batches stay within any thread cache; large ones overflow it.

use super::workload::{Body, Workload};
use crate::block::Block;
use crate::site::Scale;
use arrayvec::ArrayVec;

/// One thread.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "glibc-simple",
    about: "batches of 25 to 1,600 blocks of one size, allocated and freed",
    needs: &[],
    body: Body::Own(|scale: Scale| {
        for size in SIZES {
            for batch in BATCHES {
                batches(size, batch, scale.of(BLOCKS));
            }
        }
    }),
};

const SIZES: [usize; 5] = [16, 64, 128, 512, 1024];
const BATCHES: [usize; 4] = [25, 100, 400, LARGEST];
const LARGEST: usize = 1_600;
const BLOCKS: u64 = 1_000_000;

/// Allocates and frees `blocks` blocks of `size` bytes, `batch` of them at a time.
fn batches(size: usize, batch: usize, blocks: u64) {
    let mut held: ArrayVec<Block, LARGEST> = ArrayVec::new();
    for round in 0..blocks.div_ceil(batch as u64) {
        held.extend((0..batch).map(|_| Block::new(size, round)));
        held.drain(..).for_each(|block| block.expect(round));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_distinct_blocks() {
        // A block that is handed out twice at once loses its stamp only across rounds: hold two rounds.
        let first: Vec<_> = (0..LARGEST).map(|_| Block::new(64, 1)).collect();
        let second: Vec<_> = (0..LARGEST).map(|_| Block::new(64, 2)).collect();
        assert!(first.iter().all(|block| block.stamp() == 1));
        assert!(second.iter().all(|block| block.stamp() == 2));
        batches(64, 25, 1000);
    }
}
