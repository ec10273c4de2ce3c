//! Threads that each replace random blocks of a small set of their own.
//!
//! After `bench-malloc-thread` of glibc's benchmarks: 1,024 blocks for each thread, sizes from 4 to 32,768 bytes whose frequency falls
//! with their inverse, a random one freed and allocated anew in each step.

use super::sizes;
use super::workload::{Body, Workload};
use crate::block::{Plain, Source};
use crate::site::Scale;
use fastrand::Rng;

/// Four threads.
pub(crate) const FOUR: Workload = Workload {
    name: "glibc-thread",
    about: "4 threads, each replaces random ones of 1,024 blocks of 4 B to 32 KiB",
    needs: &[],
    body: Body::Own(|scale: Scale| threads::<Plain>(4, scale.of(STEPS) / 4, 1_024)),
};

/// As many threads as small machines have processors, or some more, or many more; fewer blocks for each. All do the same work
/// together: what differs is how they get in each other's way.
pub(crate) const TWO: Workload = Workload {
    name: "threads-2",
    about: "2 threads, each replaces random ones of 256 blocks of 4 B to 32 KiB",
    needs: &[],
    body: Body::Own(|scale: Scale| threads::<Plain>(2, scale.of(STEPS) / 2, 256)),
};

/// See [`TWO`].
pub(crate) const EIGHT: Workload = Workload {
    name: "threads-8",
    about: "8 threads, each replaces random ones of 256 blocks of 4 B to 32 KiB",
    needs: &[],
    body: Body::Own(|scale: Scale| threads::<Plain>(8, scale.of(STEPS) / 8, 256)),
};

/// See [`TWO`].
pub(crate) const SIXTY_FOUR: Workload = Workload {
    name: "threads-64",
    about: "64 threads at once, each replaces random ones of 256 blocks of 4 B to 32 KiB",
    needs: &[],
    body: Body::Own(|scale: Scale| threads::<Plain>(64, scale.of(STEPS) / 64, 256)),
};

/// Steps of all threads together.
pub(crate) const STEPS: u64 = 20_000_000;

/// `count` threads take `steps` steps each with `blocks` blocks of their own.
pub(crate) fn threads<S: Source>(count: u64, steps: u64, blocks: usize) {
    std::thread::scope(|scope| {
        for seed in 1..=count {
            scope.spawn(move || replace::<S>(steps, blocks, seed));
        }
    });
}

fn replace<S: Source>(steps: u64, blocks: usize, seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let new = |rng: &mut Rng| S::block(sizes::inverse(rng, 4, 13), seed);
    let mut held: Vec<_> = (0..blocks).map(|_| new(&mut rng)).collect();
    for _ in 0..steps {
        let place = rng.usize(..blocks);
        held[place].expect(seed);
        held[place] = new(&mut rng);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_different_threads_are_distinct() {
        // A block with the stamp of another thread ends the process.
        threads::<Plain>(4, 5_000, 100);
    }
}
