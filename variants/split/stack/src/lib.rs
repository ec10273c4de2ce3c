//! The stack, with the search of the paper in the place of ours.
#![no_std]

pub use mesh::*;

/// SplitMesher (PLDI 2019, Figure 2), t = 64.
pub type Policy = SplitMesher<64>;
