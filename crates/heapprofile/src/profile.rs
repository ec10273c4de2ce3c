//! The profile of a process.

use core::sync::atomic::AtomicU64;

use crate::context::Context;
use crate::interval::Interval;
use crate::layout::Header;
use crate::samples::{Sample, Samples};
use crate::stacks::Stacks;

/// The memory of a profile; all of it zeros.
pub struct Room<'m> {
    /// What is written to files, and read by others: the header and the records.
    pub words: &'m [AtomicU64],
    /// A power of two of places for stacks.
    pub index: &'m [AtomicU64],
    /// Places for blocks that live.
    pub samples: &'m [Sample],
}

/// A sample that was taken out.
#[derive(Clone, Copy)]
pub struct Taken {
    size: u64,
    stack: u64,
}

/// The profile of a process.
pub struct Profile<'m> {
    interval: Interval,
    /// The most bytes of a stack that are kept.
    most: usize,
    stacks: Stacks<'m>,
    samples: Samples<'m>,
}

impl<'m> Profile<'m> {
    /// A profile with nothing in it. `most` bytes of each stack are kept at most. `None` where there is too little room.
    pub fn new(room: Room<'m>, interval: Interval, most: usize) -> Option<Self> {
        let stacks = Stacks::new(room.words, room.index)?;
        stacks.set(Header::Interval, interval.mean());
        Some(Self {
            interval,
            most,
            stacks,
            samples: Samples::new(room.samples)?,
        })
    }

    /// Its header and records.
    pub fn stacks(&self) -> &Stacks<'m> {
        &self.stacks
    }

    /// The mean number of bytes between samples.
    pub fn interval(&self) -> Interval {
        self.interval
    }

    /// Samples the block of `size` bytes at `address`, which the calling thread has just got; see [`Stacks::record`] for the rest.
    pub fn sample(
        &self,
        address: u64,
        size: u64,
        context: &Context,
        copy: impl FnMut(u64, &mut [u64]) -> bool,
        is_code: impl Fn(u64) -> bool,
    ) {
        // Of the last block at this address it was not noticed that it was given back, such as in a handler.
        self.forget(address);
        let stack = self.stacks.record(context, self.most, copy, is_code);
        if self.samples.put(address, size, stack) {
            self.stacks.count_in(stack, self.interval.weight(size));
        } else {
            self.stacks.drop_sample();
        }
    }

    /// Counts out the block at `address`, if it was sampled. To be called before it is given back.
    pub fn forget(&self, address: u64) {
        if let Some(taken) = self.take(address) {
            self.count_out(taken);
        }
    }

    /// Takes the sample at `address` out without counting it, if there is one.
    pub fn take(&self, address: u64) -> Option<Taken> {
        let (size, stack) = self.samples.take(address)?;
        Some(Taken { size, stack })
    }

    /// Puts it back: the block is still there.
    pub fn restore(&self, address: u64, taken: Taken) {
        if !self.samples.put(address, taken.size, taken.stack) {
            self.count_out(taken);
        }
    }

    /// Counts it out.
    pub fn count_out(&self, taken: Taken) {
        self.stacks
            .count_out(taken.stack, self.interval.weight(taken.size));
    }

    /// Begins anew: blocks that live were never sampled.
    pub fn reset(&self) {
        self.samples.clear();
        self.stacks.forget_counts();
        self.stacks.set(Header::Dropped, 0);
    }
}
