//! Threads that allocate one block and free it at once, again and again.
//!
//! After *linux-scalability* of Lever and Boreham, "malloc() Performance in a Multithreaded Linux Environment"
//! (USENIX 2000): pairs of `malloc` and `free` of 512 bytes in a tight loop in each thread. Any shared lock shows.

use super::workload::{Body, Workload};
use crate::block::Block;
use crate::site::Scale;

/// Four threads.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "linux-scalability",
    about: "4 threads, pairs of malloc and free of 512 B",
    needs: &[],
    body: Body::Own(|scale: Scale| {
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                scope.spawn(move || pairs(scale.of(PAIRS), thread));
            }
        });
    }),
};

const THREADS: u64 = 4;
const PAIRS: u64 = 25_000_000;
const SIZE: usize = 512;

fn pairs(count: u64, thread: u64) {
    for pair in 0..count {
        let stamp = (thread << 48) + pair;
        Block::new(SIZE, stamp).expect(stamp);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_threads_hold_one_block() {
        // A block that another thread stamped ends the process.
        std::thread::scope(|scope| {
            for thread in 0..2 {
                scope.spawn(move || pairs(10_000, thread));
            }
        });
    }
}
