//! What tests ask for, and of how much.

use std::alloc::Layout;

use proptest::prelude::*;

/// So little memory that random sequences run out of it.
pub(crate) const SCANT: usize = 200_000;

pub(crate) fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("plain")
}

/// Layouts of up to `largest` bytes, none at all included, with alignments up to 128.
pub(crate) fn up_to(largest: usize) -> impl Strategy<Value = Layout> {
    (0..=largest, 0..=7_u32).prop_map(|(size, bits)| layout(size, 1 << bits))
}
