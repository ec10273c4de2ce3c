//! The kit, with objects in the order of addresses in the place of rotations.
#![no_std]

pub use mesh::*;

/// Our search, over spans of which the lowest free slots are handed out first.
pub type Policy = Ordered<ComplementMesher>;
