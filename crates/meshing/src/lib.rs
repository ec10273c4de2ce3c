//! Which spans to mesh: pure search, no memory access.
//!
//! A [`Mesher`] looks at the live slots of many spans of one size class and names pairs to merge.
//! Spans can share physical pages when their live slots are disjoint; each merge releases the pages
//! of one span. Three policies:
//!
//! * [`ComplementMesher`], the default: best-fit groups of any size through an exact index;
//! * [`SplitMesher`]: the algorithm of the paper (Powers, Tench, Berger, McGregor: *Mesh: Compacting
//!   Memory Management for C/C++ Applications*, PLDI 2019), pairs only;
//! * [`NoMesh`]: never anything.
//!
//! Nothing here allocates: the caller hands in scratch memory ([`Mesher::scratch_words`]) and a
//! bound on the work ([`Budget`]), and receives each [`Merge`] through a closure.
#![no_std]
#![forbid(unsafe_code)]

mod budget;
mod candidate;
mod complement;
mod fullest_first;
mod group;
mod index;
mod mesher;
mod no_mesh;
mod odds;
mod shard;
mod shuffle;
mod split;

pub use budget::Budget;
pub use candidate::Candidate;
pub use complement::ComplementMesher;
pub use mesher::{Merge, Mesher};
pub use no_mesh::NoMesh;
pub use odds::{expected_partners, has_fair_chance};
pub use split::SplitMesher;
