//! Meshing: spans whose live objects do not overlap are put onto one physical span.
//!
//! [`MeshHeap`] owns a [`GlobalHeap`](globalheap::GlobalHeap), which knows nothing of it, and does what is due when a thread's front end
//! comes by on a slow path.
//!
//! * `mesh_heap`: the layer itself; `serve`: what front ends ask of it; `policy`: how it searches and places; `counters`: its figures;
//! * `cycle`: which spans to mesh is searched for without a lock, and carried out in short steps under it;
//! * `slice`: a cycle piece by piece, so that nobody waits long; `progress`: how far it has come; `kept`: what cycles keep;
//! * `portion`: what one search looks at; `units`: a copy of it; `search`;
//! * `commit`, `stretch`: meshes step by step; `moves`: what they are made of;
//! * `width`, `neighbours`, `mappings`: when mappings are scarce, runs of neighbours are meshed onto runs of neighbours first;
//! * `bound`, `narrow`, `named`: what is left where it is; what the kernel may write to for a call of the program is;
//! * `placements`: a class in which rotations do not mesh goes over to permutations;
//! * `scatter`: a thinned-out group is taken apart, and its members go to other groups;
//! * `leftovers`: spans that a mesh has left behind go back to private pages;
//! * `fork`: a child's own copy of the meshed groups, and of nothing else;
//! * `upkeep`: what is done when; `schedule`, `allowance`: when what is due; `gain`, `idle`: whether a program that has time should ask.
//!
//! **Invariant (lock order):** the cycle's lock, then those of the heap below.
//!
//! **Invariant:** no lock is held while bytes of an object are written through the object's own address. A writer that
//! waits for a barrier therefore never holds a lock that the mesh needs.
#![cfg_attr(not(test), no_std)]

mod allowance;
mod bound;
mod commit;
mod counters;
mod cycle;
mod effort;
mod fork;
mod gain;
mod hook;
mod hosts;
mod idle;
mod joined;
mod kept;
mod lasting;
mod leftovers;
mod mappings;
mod mesh_heap;
mod moves;
mod named;
mod narrow;
mod neighbours;
mod placements;
mod policy;
mod portion;
mod progress;
mod scatter;
mod schedule;
mod scratch;
mod search;
mod serve;
mod slice;
mod stretch;
#[cfg(test)]
mod tests;
pub mod tuning;
mod units;
mod upkeep;
mod width;

pub use counters::MeshStats;
pub use fork::{Begun, Fork, Writers};
pub use mesh_heap::MeshHeap;
pub use policy::{MeshPolicy, Ordered, Permuted, Placed, Placing};
pub use schedule::Sleep;
