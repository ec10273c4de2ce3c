//! Threads that each write to a small object of their own: active false sharing.
//!
//! After *cache-thrash* of Berger and others (Hoard, ASPLOS 2000): each thread allocates an object, writes to it many times, frees it,
//! and so on. An allocator that gives two threads parts of one cache line makes it travel between the processors.

use super::workload::{Body, Workload};
use crate::block::Block;
use crate::site::Scale;

/// Four threads.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "cache-thrash",
    about: "4 threads write to fresh 8-byte objects of their own: active false sharing",
    needs: &[],
    body: Body::Own(|scale: Scale| {
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                scope.spawn(move || write_objects(scale.of(OBJECTS), thread));
            }
        });
    }),
};

pub(super) const THREADS: u64 = 4;
pub(super) const OBJECTS: u64 = 100_000;
const WRITES: u64 = 2_000;
pub(super) const SIZE: usize = 8;

/// Allocates `objects` objects, one after the other, and writes to each.
pub(super) fn write_objects(objects: u64, thread: u64) {
    for object in 0..objects {
        let first = (thread << 48) + object;
        let mut block = Block::new(SIZE, first);
        block.count(WRITES);
        block.expect(first + WRITES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_write_counts() {
        // A lost write ends the process.
        std::thread::scope(|scope| {
            for thread in 0..2 {
                scope.spawn(move || write_objects(50, thread));
            }
        });
    }
}
