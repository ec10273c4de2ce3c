//! A server in phases: unequal threads, blocks that move between them, and some that outlive all threads of their phase.
//!
//! After *mstress* of Leijen's suite for mimalloc, as its description has it: sizes are powers of two, not all threads have
//! the same work, blocks migrate over a shared table, and after each phase all threads end and new ones start.

use super::workload::{Body, Workload};
use crate::block::Block;
use crate::site::Scale;
use fastrand::Rng;
use std::sync::{Mutex, PoisonError};

/// Four threads in each phase.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "mstress",
    about: "phases of 4 unequal threads that exchange blocks of 16 B to 4 KiB (a few to 256 KiB) and end",
    needs: &[],
    body: Body::Own(|scale: Scale| phases(scale.of(PHASES))),
};

const THREADS: u64 = 4;
const PHASES: u64 = 50;
const STEPS: u64 = 20_000;
const PLACES: usize = 1_000;

/// Places through which blocks get from one thread to another.
type Exchange = [Mutex<Option<Block>>];

fn phases(phases: u64) {
    let exchange: Vec<_> = (0..PLACES).map(|_| Mutex::new(None)).collect();
    for phase in 0..phases {
        std::thread::scope(|scope| {
            for thread in 1..=THREADS {
                let exchange = &exchange;
                let seed = phase * THREADS + thread;
                scope.spawn(move || work(exchange, thread * STEPS, seed));
            }
        });
    }
}

fn work(exchange: &Exchange, steps: u64, seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let mut held: Vec<Block> = Vec::new();
    for _ in 0..steps {
        match rng.u8(..8) {
            0..4 => held.push(new(&mut rng)),
            4..7 if !held.is_empty() => check(&held.swap_remove(rng.usize(..held.len()))),
            _ => {
                let place = &exchange[rng.usize(..PLACES)];
                let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
                let given = held.pop();
                let taken = std::mem::replace(&mut *place, given);
                held.extend(taken);
            }
        }
    }
    held.iter().for_each(check);
}

/// Its stamp is its size; so whoever frees it can check it.
fn new(rng: &mut Rng) -> Block {
    let power = if rng.u8(..) == 0 {
        rng.u32(12..19)
    } else {
        rng.u32(4..13)
    };
    Block::new(1 << power, 1 << power)
}

fn check(block: &Block) {
    block.expect(block.size() as u64);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_survive_their_phase() {
        let exchange: Vec<_> = (0..PLACES).map(|_| Mutex::new(None)).collect();
        work(&exchange, 20_000, 1);
        let left = exchange
            .into_iter()
            .filter_map(|place| place.into_inner().unwrap());
        let left: Vec<Block> = left.collect();
        assert!(left.len() > PLACES / 2, "{}", left.len());
        left.iter().for_each(check);
    }
}
