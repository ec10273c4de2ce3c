//! Fixed-size bit sets.
//!
//! A [`Bitmap`] of `WORDS` words holds a subset of `0..64 * WORDS` in plain memory: no atomics, no
//! allocation, no panic. Whole-set operations are straight loops over the words, so that the
//! compiler can turn them into vector instructions.
//!
//! A span's slots are such a set ([`SpanBits`]); two spans mesh when their sets of live slots are
//! disjoint.
#![no_std]
#![forbid(unsafe_code)]

mod counted_bitmap;
mod debug;
mod iter;
mod set;

pub use counted_bitmap::{CountedBitmap, SlotSet};
pub use iter::Iter;
pub use set::{Bitmap, SpanBits};
