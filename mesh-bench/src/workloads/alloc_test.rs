//! Random slots that are filled and emptied, some of them much more often than others.
//!
//! After *alloc-test* of OLogN Technologies ("Testing Memory Allocators: ptmalloc2 vs tcmalloc vs hoard vs jemalloc While
//! Trying to Simulate Real-World Loads", 2018): which slot is next follows a Pareto distribution, 80% of the accesses
//! fall on 20% of the slots; an empty slot gets a block, whose size follows an inverse law, a full one loses it. All bytes are
//! written. So many blocks die young and some live long.

use super::sizes;
use super::workload::{Body, Workload};
use crate::block::Block;
use crate::site::Scale;
use fastrand::Rng;

/// One thread.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "alloc-test",
    about: "one thread, Pareto-distributed lifetimes, 8 B to 4 KiB, every byte written",
    needs: &[],
    body: Body::Own(|scale: Scale| accesses(scale.of(ACCESSES), 1)),
};

const ACCESSES: u64 = 10_000_000;
const SLOTS: usize = 100_000;

fn accesses(count: u64, seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let mut slots: Vec<Option<Block>> = std::iter::repeat_with(|| None).take(SLOTS).collect();
    for _ in 0..count {
        let index = slot(&mut rng);
        match slots[index].take() {
            Some(block) => block.expect(index as u64),
            None => {
                let mut block = Block::new(sizes::inverse(&mut rng, 8, 9), index as u64);
                block.fill(index as u8);
                slots[index] = Some(block);
            }
        }
    }
}

/// A slot: x of the slots get x^(1/7) of the accesses, so the first fifth gets four fifths.
fn slot(rng: &mut Rng) -> usize {
    (rng.f64().powi(7) * SLOTS as f64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_of_the_slots_gets_four_fifths_of_the_accesses() {
        let mut rng = Rng::with_seed(1);
        let slots: Vec<_> = (0..10_000).map(|_| slot(&mut rng)).collect();
        assert!(slots.iter().all(|&slot| slot < SLOTS));
        let first = slots.iter().filter(|&&slot| slot < SLOTS / 5).count();
        assert!((7_700..8_200).contains(&first), "{first}");
    }

    #[test]
    fn blocks_stay_whole() {
        // A block with a foreign stamp ends the process.
        accesses(100_000, 2);
    }
}
