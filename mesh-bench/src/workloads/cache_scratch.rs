//! Threads that get neighbouring objects from another thread, free them, and allocate again: passive false sharing.
//!
//! After *cache-scratch* of Berger and others (Hoard, ASPLOS 2000): one thread allocates an object for each of the others.
//! Each frees the one it got and then does as in cache-thrash. An allocator that gives a freed object back to the thread
//! that frees it hands out parts of one cache line again.

use super::cache_thrash::{OBJECTS, SIZE, THREADS, write_objects};
use super::workload::{Body, Workload};
use crate::block::Block;
use crate::site::Scale;

/// Four threads beside the first.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "cache-scratch",
    about: "as cache-thrash, after each thread freed an object of the first one: passive false sharing",
    needs: &[],
    body: Body::Own(|scale: Scale| scratch(scale.of(OBJECTS))),
};

fn scratch(objects: u64) {
    let first: Vec<_> = (0..THREADS)
        .map(|thread| Block::new(SIZE, thread))
        .collect();
    std::thread::scope(|scope| {
        for (thread, block) in (0..).zip(first) {
            scope.spawn(move || {
                block.expect(thread);
                drop(block);
                write_objects(objects, thread);
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_write_counts() {
        // A lost write ends the process.
        scratch(50);
    }
}
