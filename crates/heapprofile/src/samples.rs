//! Sampled blocks that live, by their addresses.

use core::sync::atomic::{AtomicU64, Ordering};

/// A table of sampled blocks.
///
/// An address is put in by the thread that has just got the block, and taken out by the one that gives it back, so nobody else is
/// about the same address. An address has its place in one of two rows of a few places: where both are full, the sample is not
/// taken. Nothing is ever moved, so a search is over after two rows.
pub struct Samples<'m>(&'m [Sample]);

/// A place for a sample. All zeros: free.
#[derive(Default)]
pub struct Sample {
    /// The block's address; [`TAKEN`] while the rest is written.
    address: AtomicU64,
    size: AtomicU64,
    /// The record of its stack.
    stack: AtomicU64,
}

/// Places of a row.
const ROW: usize = 8;

/// No address: a place that somebody writes to.
const TAKEN: u64 = 1;

impl<'m> Samples<'m> {
    /// A table in `places`, all of which are free; `None` if these are no row.
    pub const fn new(places: &'m [Sample]) -> Option<Self> {
        match places.len() {
            ROW.. => Some(Self(places)),
            _ => None,
        }
    }

    /// Puts in the block at `address`, which is not there; says whether there was room.
    pub fn put(&self, address: u64, size: u64, stack: u64) -> bool {
        let free = |place: &&Sample| {
            let taken = place.address.compare_exchange(
                0,
                TAKEN,
                // Acquire: what the last one wrote to the place comes first.
                Ordering::Acquire,
                Ordering::Relaxed,
            );
            taken.is_ok()
        };
        let Some(place) = self.rows(address).find(free) else {
            return false;
        };
        place.size.store(size, Ordering::Relaxed);
        place.stack.store(stack, Ordering::Relaxed);
        // Release: pairs with the load in `take`.
        place.address.store(address, Ordering::Release);
        true
    }

    /// Takes out the block at `address`: its size, and the record of its stack; `None` if it was not sampled.
    pub fn take(&self, address: u64) -> Option<(u64, u64)> {
        let is_it = |place: &&Sample| place.address.load(Ordering::Acquire) == address;
        let place = self.rows(address).find(is_it)?;
        let size = place.size.load(Ordering::Relaxed);
        let stack = place.stack.load(Ordering::Relaxed);
        // Release: pairs with the exchange in `put`. An exchange, since somebody may forget all of them meanwhile.
        let freed =
            place
                .address
                .compare_exchange(address, 0, Ordering::Release, Ordering::Relaxed);
        freed.is_ok().then_some((size, stack))
    }

    /// Takes out all of them.
    pub fn clear(&self) {
        for place in self.0 {
            let address = place.address.load(Ordering::Relaxed);
            if address > TAKEN {
                let _ = place.address.compare_exchange(
                    address,
                    0,
                    Ordering::Release,
                    Ordering::Relaxed,
                );
            }
        }
    }

    /// The places where `address` may be.
    fn rows(&self, address: u64) -> impl Iterator<Item = &'m Sample> {
        let rows = self.0.len() / ROW;
        // Fibonacci hashing: the upper bits of the product are well mixed.
        let mixed = address.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let first = (mixed >> 40) as usize % rows;
        let second = (mixed >> 16) as usize % rows;
        let row = move |number: usize| self.0.get(number * ROW..(number + 1) * ROW);
        let places = [row(first), row(second)].into_iter().flatten().flatten();
        let is_twice = first == second;
        places.take(if is_twice { ROW } else { 2 * ROW })
    }
}
