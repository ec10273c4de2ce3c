//! The kit, with permutations in the place of rotations: the slots in use are a random set, whatever the program does.
#![no_std]

pub use mesh::*;

/// Our search, over spans whose free slots are handed out in random order.
pub type Policy = Permuted<ComplementMesher>;
