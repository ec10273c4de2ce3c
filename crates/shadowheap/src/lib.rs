//! One property suite for every heap.
//!
//! A heap under test does random sequences of allocations and deallocations beside a *shadow*: a plain ordered map of
//! what is live and what was written there. The shadow knows nothing about heaps, so whatever it finds is the heap's
//! fault: blocks that overlap, lie askew, or lose their content. A failing sequence is shrunk, and its seed printed; run
//! it again with `PROPTEST_RNG_SEED=<seed>`. `PROPTEST_CASES` sets how many sequences are tried.
//!
//! ```
//! use heap::SpinLock;
//! use kit::{FreeList, Locked};
//! use shadowheap::{Ledger, shadow_heap_suite, shared_heap_suite};
//!
//! shadow_heap_suite!(free_list, || FreeList::new(Ledger::new()));
//! shared_heap_suite!(locked, || Locked::<SpinLock, _>::new(FreeList::new(Ledger::new())));
//! # fn main() {}
//! ```
//!
//! A [`Ledger`] below the heap proves that all went back to where it came from; a heap with memory of its own can prove
//! it in the `at_end` closure.

mod ledger;
pub mod owned;
mod pattern;
mod runner;
mod sequence;
mod shadow;
pub mod shared;
mod suite;

pub use ledger::Ledger;
pub use shadow::Shadow;
