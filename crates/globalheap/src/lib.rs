//! The heap that all threads share: bins of spans, refill and release, and large objects.
//!
//! [`GlobalHeap`] owns [pages](heap::PlainPages) and knows the system only through it. It is a whole heap by itself, and knows
//! nothing of meshing: that is a layer above, in a crate of its own, which owns one.
//!
//! * [`CentralHeap`]: what a thread's front end asks of this heap, or of the layer above it; `serve`: the answers of this one;
//! * `choice`: which slots of a span, and in what order; `claims`: what was chosen, of several; `span_slots`: its addresses;
//! * `refill` and `release`: slots for a thread's front end, in batches; sets of slots cross the lock of their class, and `sorted` makes
//!   such of addresses; `transfer` and `passing`:
//!   batches on their way from one thread to another;
//! * `whole`: small objects that are whole pages; `large`: larger ones;
//! * `found`: what an address is;
//! * `upkeep`: unused pages go back to the system; `purging`: when;
//! * `pin`: objects whose physical pages must not change;
//! * `locking`: the locks at a fork;
//! * `portraits`: what all spans look like, for pictures.
//!
//! **Invariant (lock order):** a transfer's lock or that of one size class, then whatever the page heap locks inside its own calls.
//! No path takes two of the first, but fork, which takes all in order. A layer above takes its own before these.
//!
//! **Invariant:** no lock is held while bytes of an object are written through the object's own address. A writer that
//! waits for a barrier therefore never holds a lock that a layer above needs.
#![cfg_attr(not(test), no_std)]

mod central;
mod choice;
mod claims;
mod found;
mod global;
mod large;
mod locking;
mod passing;
mod pin;
mod placement;
mod portraits;
mod purging;
mod refill;
mod release;
mod report;
mod serve;
mod sorted;
mod span_slots;
mod stats;
#[cfg(test)]
mod tests;
mod transfer;
pub mod tuning;
mod upkeep;
mod whole;

pub use central::CentralHeap;
pub use claims::Claims;
pub use found::Found;
pub use global::GlobalHeap;
pub use large::LargeBlock;
pub use locking::{Held, Locker, Standing};
pub use placement::Placement;
pub use portraits::{PORTRAITS, Portraits};
pub use refill::Wish;
pub use report::{Ignore, Misuse, Report};
pub use span_slots::SpanSlots;
pub use stats::{ClassStats, HeapStats};
pub use upkeep::Purged;
