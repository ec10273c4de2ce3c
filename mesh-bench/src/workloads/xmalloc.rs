//! Threads that only allocate and threads that only free: every block dies in a thread that did not make it.
//!
//! After the *xmalloc* test that goes back to Lever and Boreham, "malloc() Performance in a Multithreaded Linux
//! Environment" (USENIX 2000), as the suite of mimalloc describes it: many producers, many consumers, blocks of various
//! sizes between them. Batches go over one bounded queue.

use super::workload::{Body, Workload};
use crate::block::{Block, Plain, Source};
use crate::site::Scale;
use arrayvec::ArrayVec;
use fastrand::Rng;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, sync_channel};

/// Eight of each kind.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "xmalloc",
    about: "8 threads only allocate, 8 threads only free",
    needs: &[],
    body: Body::Own(|scale: Scale| {
        let batches = scale.of(BATCHES);
        assert_eq!(
            migrate::<Plain>(PAIRS, batches),
            PAIRS * batches * BATCH as u64,
            "blocks were lost"
        );
    }),
};

/// Threads of each kind.
pub(crate) const PAIRS: u64 = 8;
/// Batches of a producer.
pub(crate) const BATCHES: u64 = 10_000;
/// Blocks of a batch.
pub(crate) const BATCH: usize = 100;
const QUEUE: usize = 100;
const SIZES: std::ops::Range<usize> = 8..512;

type Batch = ArrayVec<Block, BATCH>;

/// `pairs` producers make `batches` batches each for as many consumers; returns how many blocks these got.
pub(crate) fn migrate<S: Source>(pairs: u64, batches: u64) -> u64 {
    let (sender, receiver) = sync_channel::<Batch>(QUEUE);
    let receiver = Mutex::new(receiver);
    std::thread::scope(|scope| {
        for producer in 1..=pairs {
            let sender = sender.clone();
            scope.spawn(move || {
                let mut rng = Rng::with_seed(producer);
                for _ in 0..batches {
                    let batch = (0..BATCH)
                        .map(|_| S::block(rng.usize(SIZES), producer))
                        .collect();
                    if sender.send(batch).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let consumers: Vec<_> = (0..pairs)
            .map(|_| scope.spawn(|| consume(&receiver)))
            .collect();
        consumers
            .into_iter()
            .map(|one| one.join().unwrap_or(0))
            .sum()
    })
}

/// Frees batches until all producers have ended; returns how many blocks that were.
fn consume(receiver: &Mutex<Receiver<Batch>>) -> u64 {
    let mut freed = 0;
    // The lock is released before the batch is freed.
    while let Ok(Ok(batch)) = receiver.lock().map(|queue| queue.recv()) {
        let producer = batch.first().map_or(0, Block::stamp);
        batch.iter().for_each(|block| block.expect(producer));
        freed += batch.len() as u64;
    }
    freed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_is_freed_by_a_consumer() {
        assert_eq!(migrate::<Plain>(PAIRS, 20), PAIRS * 20 * BATCH as u64);
    }
}
