//! A thread's free slots of one size class, shuffled or in the order in which they come.
//!
//! The [`ShuffleVector`] is the one of *Mesh* (PLDI 2019), section 4.2, with one change: slots are shuffled when a batch
//! of them arrives, if they are, and reused in stack order from then on. After a shuffle, which of a span's slots a number stands for is decided by
//! that shuffle, and a stack treats all slots alike; so given how many slots of a span are live, every set of that size
//! is equally likely, for every program that does not look at addresses.
#![no_std]

mod random;
mod vector;

pub use random::{below, shuffle};
pub use vector::ShuffleVector;
