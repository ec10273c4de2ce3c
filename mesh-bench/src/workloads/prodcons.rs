//! One thread allocates, another frees: blocks cross a bounded queue in batches, so no block is freed where it was made.

use super::workload::{Body, Workload};
use crate::block::Block;
use crate::site::Scale;
use arrayvec::ArrayVec;
use fastrand::Rng;
use std::sync::mpsc::sync_channel;

/// The pair of threads.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "prodcons",
    about: "one thread allocates, another frees, over a bounded queue",
    needs: &[],
    body: Body::Own(|scale: Scale| {
        hand_over(scale.of(BATCHES));
    }),
};

const BATCHES: u64 = 200_000;
const BATCH: usize = 64;
const QUEUE: usize = 256;

/// Hands `batches` batches over and returns how many blocks arrived.
fn hand_over(batches: u64) -> u64 {
    let (sender, receiver) = sync_channel::<ArrayVec<Block, BATCH>>(QUEUE);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut rng = Rng::with_seed(1);
            for batch in 0..batches {
                let blocks = (0..BATCH)
                    .map(|_| Block::new(rng.usize(16..512), batch))
                    .collect();
                if sender.send(blocks).is_err() {
                    break;
                }
            }
        });
        let mut arrived = 0;
        for (batch, blocks) in receiver.iter().enumerate() {
            blocks.iter().for_each(|block| block.expect(batch as u64));
            arrived += blocks.len() as u64;
        }
        arrived
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_arrives() {
        assert_eq!(hand_over(50), 50 * BATCH as u64);
    }
}
