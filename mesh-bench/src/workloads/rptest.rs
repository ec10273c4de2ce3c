//! Threads that free what others allocated, with sizes far beyond those of small blocks.
//!
//! After Jansson's benchmark for rpmalloc (*rptest* in the suite of mimalloc): random sizes up to 16,000 bytes and some larger, each
//! thread replaces blocks of a set, and every so often a batch goes to another thread that frees it.

use super::workload::{Body, Workload};
use crate::block::Block;
use crate::site::Scale;
use fastrand::Rng;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// Four threads.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "rptest",
    about: "4 threads, 16 B to 16 kB (1% to 64 kB), a tenth of the blocks freed by another thread",
    needs: &[],
    body: Body::Own(|scale: Scale| exchange(scale.of(ROUNDS))),
};

const THREADS: usize = 4;
const ROUNDS: u64 = 8_000;
const REPLACED: usize = 180;
const SENT: usize = 20;
const HELD: usize = 2_000;
const QUEUE: usize = 64;

fn exchange(rounds: u64) {
    let (mut senders, receivers): (Vec<_>, Vec<_>) =
        (0..THREADS).map(|_| sync_channel(QUEUE)).unzip();
    senders.rotate_left(1);
    std::thread::scope(|scope| {
        for (seed, (next, previous)) in (1..).zip(senders.into_iter().zip(receivers)) {
            scope.spawn(move || member(rounds, seed, &next, &previous));
        }
    });
}

fn member(rounds: u64, seed: u64, next: &SyncSender<Vec<Block>>, previous: &Receiver<Vec<Block>>) {
    let mut rng = Rng::with_seed(seed);
    let mut held: Vec<_> = (0..HELD).map(|_| new(&mut rng)).collect();
    for _ in 0..rounds {
        for _ in 0..REPLACED {
            let place = rng.usize(..HELD);
            check(&held[place]);
            held[place] = new(&mut rng);
        }
        let batch = (0..SENT).map(|_| new(&mut rng)).collect();
        // Where the queue is full, or the next thread has ended, the batch dies here.
        if let Err(TrySendError::Full(batch) | TrySendError::Disconnected(batch)) =
            next.try_send(batch)
        {
            batch.iter().for_each(check);
        }
        for batch in previous.try_iter() {
            batch.iter().for_each(check);
        }
    }
    held.iter().for_each(check);
}

/// Its stamp is its size; so whoever frees it can check it.
fn new(rng: &mut Rng) -> Block {
    let size = if rng.u8(..100) == 0 {
        rng.usize(16_000..64_000)
    } else {
        rng.usize(16..16_000)
    };
    Block::new(size, size as u64)
}

fn check(block: &Block) {
    block.expect(block.size() as u64);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_freed_by_the_thread_that_gets_it() {
        let (sender, inbox) = sync_channel(QUEUE);
        let (outbox, receiver) = sync_channel(QUEUE);
        sender.send(vec![Block::new(100, 100)]).unwrap();
        member(3, 1, &outbox, &inbox);
        assert!(inbox.try_recv().is_err());
        let sent: Vec<_> = receiver.try_iter().flatten().collect();
        assert_eq!(sent.len(), 3 * SENT);
        sent.iter().for_each(check);
    }
}
