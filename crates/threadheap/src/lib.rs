//! The front end of one thread.
//!
//! A [`ThreadHeap`] has a [`ShuffleVector`](shufflevector::ShuffleVector) for each size class: slots that the thread has
//! claimed, so that for everybody else they are in use. `malloc` pops one; `free` pushes one back if the label of its page
//! names this thread heap as the owner. Neither takes a lock, writes an atomic, divides, or looks at a span's record.
//!
//! * [`ThreadHeap`]: the slow paths; `thread_heap/at_hand.rs`: the fast ones before them;
//! * `budget`: how much a thread may keep; `thread_heap/room.rs`: how its classes share that;
//! * `storage`: the memory for the entries of vectors;
//! * `rest` and `sleep`: what becomes of them while the thread sleeps;
//! * [`Threads`]: all thread heaps over one global heap, recycled from thread to thread.
#![cfg_attr(not(test), no_std)]

mod budget;
mod rest;
mod sleep;
mod storage;
mod thread_heap;
mod threads;

pub use rest::Calls;
pub use thread_heap::ThreadHeap;
pub use threads::{Threads, ThreadsStats};
