//! Threads in a ring: each frees a part of its blocks in reverse order and sends the others to the next thread.
//!
//! After what is published about *sh8bench*, MicroQuill's stress test of SmartHeap for many threads: as *sh6bench*, but some
//! objects are freed by another thread, as in larson.

use super::sh6;
use super::workload::{Body, Workload};
use crate::block::Block;
use crate::site::Scale;
use fastrand::Rng;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Four threads.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "sh8",
    about: "4 threads in a ring, as sh6, but the older half is freed by the next thread",
    needs: &[],
    body: Body::Own(|scale: Scale| {
        ring(scale.of(BURSTS));
    }),
};

const THREADS: usize = 4;
const BURSTS: u64 = 10_000;
const BURST: usize = 400;
const QUEUE: usize = 16;

/// Each thread makes `bursts` bursts; returns how many blocks were freed by another thread than their own.
fn ring(bursts: u64) -> usize {
    let (mut senders, receivers): (Vec<_>, Vec<_>) =
        (0..THREADS).map(|_| sync_channel(QUEUE)).unzip();
    senders.rotate_left(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (1..)
            .zip(senders.into_iter().zip(receivers))
            .map(|(seed, (next, previous))| {
                scope.spawn(move || member(bursts, seed, &next, &previous))
            })
            .collect();
        threads.into_iter().map(|one| one.join().unwrap_or(0)).sum()
    })
}

fn member(
    bursts: u64,
    seed: u64,
    next: &SyncSender<Vec<Block>>,
    previous: &Receiver<Vec<Block>>,
) -> usize {
    let mut rng = Rng::with_seed(seed);
    let mut freed = 0;
    for burst in 0..bursts {
        let mut blocks: Vec<_> = (0..BURST)
            .map(|_| Block::new(sh6::size(&mut rng), burst))
            .collect();
        for block in blocks.drain(BURST / 2..).rev() {
            block.expect(burst);
        }
        // Each sends before it receives, so the ring cannot stand still; it ends when all have sent the same number.
        if next.send(blocks).is_err() {
            break;
        }
        let Ok(foreign) = previous.recv() else { break };
        foreign.iter().for_each(|block| block.expect(burst));
        freed += foreign.len();
    }
    freed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_all_blocks_cross_threads() {
        assert_eq!(ring(5), THREADS * 5 * BURST / 2);
    }
}
