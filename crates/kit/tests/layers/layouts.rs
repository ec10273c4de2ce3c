//! What tests ask for.

use std::alloc::Layout;

use proptest::prelude::*;

pub(crate) fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("plain")
}

/// Layouts of up to `largest` bytes, none at all included, with alignments up to 128.
pub(crate) fn up_to(largest: usize) -> impl Strategy<Value = Layout> {
    (0..=largest, 0..=7_u32).prop_map(|(size, bits)| layout(size, 1 << bits))
}
