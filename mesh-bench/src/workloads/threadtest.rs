//! Threads that allocate and free small objects of their own, and nothing else.
//!
//! After *threadtest* of Berger, McKinley, Blumofe and Wilson, "Hoard: A Scalable Memory Allocator for Multithreaded
//! Applications" (ASPLOS 2000): t threads share the objects evenly; each allocates its part, then frees it, again and again.

use super::workload::{Body, Workload};
use crate::block::Block;
use crate::site::Scale;

/// Four threads.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "threadtest",
    about: "4 threads, each allocates 25,000 objects of 8 bytes, then frees them, again and again",
    needs: &[],
    body: Body::Own(|scale: Scale| {
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                scope.spawn(move || rounds(scale.of(ROUNDS), thread));
            }
        });
    }),
};

const THREADS: u64 = 4;
const OBJECTS: u64 = 100_000;
const ROUNDS: u64 = 400;
const SIZE: usize = 8;

fn rounds(rounds: u64, thread: u64) {
    let share = OBJECTS / THREADS;
    let mut objects = Vec::with_capacity(share as usize);
    for round in 0..rounds {
        let stamp = |index| (thread << 60) + (round << 32) + index;
        objects.extend((0..share).map(|index| Block::new(SIZE, stamp(index))));
        for (index, object) in (0..).zip(objects.drain(..)) {
            object.expect(stamp(index));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_of_two_threads_are_distinct() {
        // An object that two threads hold loses its stamp, which ends the process.
        std::thread::scope(|scope| {
            for thread in 0..2 {
                scope.spawn(move || rounds(3, thread));
            }
        });
    }
}
