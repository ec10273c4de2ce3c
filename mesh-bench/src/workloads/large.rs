//! Large blocks that come and go, and of which only a part is written.
//!
//! An allocator that maps each of them anew pays for system calls and page faults every time; one that keeps them all pays in memory.

use super::sizes;
use super::workload::{Body, Workload};
use crate::block::{Block, Plain, Source};
use crate::site::Scale;
use fastrand::Rng;

/// One thread.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "large",
    about: "one thread replaces random ones of 30 blocks of 32 KiB to 4 MiB; the stamp is written",
    needs: &[],
    body: Body::Own(|scale: Scale| replace::<Plain>(scale.of(STEPS), 1)),
};

/// Steps of all threads together.
pub(crate) const STEPS: u64 = 200_000;
const LIVE: usize = 30;

/// `count` threads take `steps` steps each with blocks of their own.
pub(crate) fn threads<S: Source>(count: u64, steps: u64) {
    std::thread::scope(|scope| {
        for seed in 1..=count {
            scope.spawn(move || replace::<S>(steps, seed));
        }
    });
}

fn replace<S: Source>(steps: u64, seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let mut blocks: Vec<Option<Block>> = std::iter::repeat_with(|| None).take(LIVE).collect();
    for step in 0..steps {
        let place = rng.usize(..LIVE);
        if let Some(block) = blocks[place].take() {
            block.expect(block.size() as u64 ^ place as u64);
        }
        let size = sizes::inverse(&mut rng, 32 << 10, 7);
        let mut block = S::block(size, size as u64 ^ place as u64);
        // One in sixteen is written as a whole.
        if step % 16 == 0 {
            block.fill(step as u8);
        }
        blocks[place] = Some(block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_do_not_overlap() {
        // A block that another one overwrites ends the process.
        replace::<Plain>(1_000, 1);
    }
}
