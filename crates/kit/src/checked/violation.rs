//! What can be wrong.

use core::alloc::Layout;

/// A mistake of the program that a [`Checked`](super::Checked) heap has found. `block` is the block's address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Violation {
    /// The block had been given back before.
    DoubleFree {
        /// The block.
        block: usize,
    },
    /// The bytes in front of the block were overwritten, or it is no block of this heap.
    WrittenInFront {
        /// The block.
        block: usize,
    },
    /// The bytes behind the block were overwritten.
    WrittenBehind {
        /// The block.
        block: usize,
        /// The first damaged byte, counted from the start of the block.
        offset: usize,
    },
    /// The block was overwritten after it had been given back.
    WrittenAfterFree {
        /// The block.
        block: usize,
        /// The first damaged byte, counted from the start of the block.
        offset: usize,
    },
    /// The block was given back with another layout than it was asked for with.
    WrongLayout {
        /// The block.
        block: usize,
        /// The layout it was asked for with.
        allocated: Layout,
        /// The layout it was given back with.
        given: Layout,
    },
}
