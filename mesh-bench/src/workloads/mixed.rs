//! Blocks of many sizes with random lifetimes: in each step a random block gives way to a new one.
//!
//! Sizes run from 16 bytes to 8 KiB; each doubling is half as frequent as the one before it. So every doubling has about
//! the same share of the bytes.

use super::workload::{Body, Workload};
use crate::block::{Block, Plain, Source};
use crate::site::Scale;
use fastrand::Rng;

/// One thread.
pub(crate) const ONE_THREAD: Workload = Workload {
    name: "mixed-1",
    about: "one thread, sizes from 16 B to 8 KiB, random lifetimes",
    needs: &[],
    body: Body::Own(|scale| replace_blocks::<Plain>(scale.of(STEPS), 1)),
};

/// Two threads, each with blocks of its own.
pub(crate) const TWO_THREADS: Workload = Workload {
    name: "mixed-2",
    about: "two threads, each as mixed-1 with half the steps",
    needs: &[],
    body: Body::Own(|scale: Scale| threads::<Plain>(2, scale.of(STEPS) / 2)),
};

/// Steps of all threads together.
pub(crate) const STEPS: u64 = 5_000_000;
const LIVE: usize = 100_000;
const DOUBLINGS: u32 = 9;

/// `count` threads take `steps` steps each.
pub(crate) fn threads<S: Source>(count: u64, steps: u64) {
    std::thread::scope(|scope| {
        for seed in 1..=count {
            scope.spawn(move || replace_blocks::<S>(steps, seed));
        }
    });
}

fn replace_blocks<S: Source>(steps: u64, seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let mut blocks: Vec<Option<Block>> = std::iter::repeat_with(|| None).take(LIVE).collect();
    for step in 0..steps {
        let place = rng.usize(..LIVE);
        if let Some(old) = blocks[place].take() {
            old.expect(place as u64);
        }
        let mut block = S::block(skewed_size(&mut rng), place as u64);
        block.fill(step as u8);
        blocks[place] = Some(block);
    }
}

/// A size from 16 up to, not including, 8 KiB.
fn skewed_size(rng: &mut Rng) -> usize {
    let doubling = rng.u32(..).trailing_zeros().min(DOUBLINGS - 1);
    let least = 16usize << doubling;
    least + rng.usize(..least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_stay_in_range_and_half_of_them_are_the_smallest() {
        let mut rng = Rng::with_seed(1);
        let sizes: Vec<_> = (0..20_000).map(|_| skewed_size(&mut rng)).collect();
        assert!(sizes.iter().all(|size| (16..8192).contains(size)));
        let smallest = sizes.iter().filter(|&&size| size < 32).count();
        assert!((9_500..10_500).contains(&smallest), "{smallest}");
        assert!(sizes.iter().any(|&size| size > 4096));
    }

    #[test]
    fn replaced_blocks_keep_their_stamps() {
        // A block with a foreign stamp ends the process.
        replace_blocks::<Plain>(50_000, 9);
    }
}
