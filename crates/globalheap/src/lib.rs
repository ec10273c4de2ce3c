//! The heap that all threads share: bins of spans, refill and release, large objects, and the mesh cycle.
//!
//! [`GlobalHeap`] owns a [`PageHeap`](heap::PageHeap) and knows the system only through it.
//!
//! * `refill` and `release`: slots for a thread's front end, in batches, under the lock of one size class; `transfer`: batches on
//!   their way from one thread to another;
//! * `large`: page runs of their own;
//! * `found`: what an address is;
//! * `cycle`: which spans to mesh is searched for without a lock, and carried out in short steps under it;
//! * `portion`: what one search looks at;
//! * `commit`: one mesh, step by step;
//! * `width`, `neighbours`: when mappings are scarce, runs of neighbours are meshed onto runs of neighbours first;
//! * `named`: what the kernel may write to for a call of the program stays where it is;
//! * `scatter`: a thinned-out group is taken apart, and its members go to other groups;
//! * `leftovers`: spans that a mesh has left behind go back to private pages;
//! * `fork`: a child's own copy of the meshed groups, and of nothing else;
//! * `slice`: a cycle piece by piece, so that nobody waits long;
//! * `schedule`: when to do which;
//! * `portraits`: what all spans look like, for pictures.
//!
//! **Invariant (lock order):** the cycle's lock, then a transfer's or that of one size class, then whatever the page heap locks inside
//! its own calls. No path takes two of the middle ones, but fork, which takes all in order.
//!
//! **Invariant:** no lock is held while bytes of an object are written through the object's own address. A writer that
//! waits for a barrier therefore never holds a lock that the mesh needs.
#![cfg_attr(not(test), no_std)]

mod allowance;
mod bound;
mod central;
mod commit;
mod cycle;
#[cfg(test)]
mod fake;
mod fork;
mod found;
mod global;
mod joined;
mod large;
mod leftovers;
mod named;
mod narrow;
mod neighbours;
mod pin;
mod policy;
mod portion;
mod portraits;
mod refill;
mod release;
mod report;
mod scatter;
mod schedule;
mod scratch;
mod serve;
mod slice;
mod stats;
mod stretch;
#[cfg(test)]
mod tests;
mod transfer;
pub mod tuning;
mod width;

pub use central::CentralHeap;
pub use fork::{Begun, Fork, Standing, Writers};
pub use found::Found;
pub use global::GlobalHeap;
pub use large::LargeBlock;
pub use policy::{MeshPolicy, Ordered, Placement};
pub use portraits::{PORTRAITS, Portraits};
pub use refill::SpanSlots;
pub use report::{Ignore, Misuse, Report};
pub use schedule::Sleep;
pub use stats::{ClassStats, HeapStats, MeshStats};
