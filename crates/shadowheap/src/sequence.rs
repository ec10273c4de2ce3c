//! Random things that a program does with a heap.

use std::alloc::Layout;

use heap::Heap;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::pattern::LARGEST;
use crate::shadow::Shadow;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    Allocate(Layout),
    Deallocate { nth: usize },
    Reallocate { nth: usize, size: usize },
}

/// Sizes in bytes, most of them small.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![
        16 => 1..=64_usize,
        8 => 65..=1024_usize,
        4 => 1025..=32_768_usize,
        1 => 32_769..=LARGEST,
    ]
}

/// Alignments from 1 to 4096, most of them those of plain types.
fn align() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0..=4_u32, 1 => 5..=12_u32].prop_map(|bits| 1 << bits)
}

fn layout() -> impl Strategy<Value = Layout> {
    let valid = "sizes and alignments are far from the limits of a layout";
    (size(), align())
        .prop_map(move |(size, align)| Layout::from_size_align(size, align).expect(valid))
}

pub(crate) fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        5 => layout().prop_map(Op::Allocate),
        4 => any::<u8>().prop_map(|nth| Op::Deallocate { nth: nth.into() }),
        1 => (any::<u8>(), size()).prop_map(|(nth, size)| Op::Reallocate { nth: nth.into(), size }),
    ]
}

pub(crate) fn ops() -> impl Strategy<Value = Vec<Op>> {
    vec(op(), 1..200)
}

impl<H: Heap> Shadow<'_, H> {
    pub(crate) fn apply(&mut self, op: Op) {
        match op {
            Op::Allocate(layout) => {
                self.allocate(layout);
            }
            Op::Deallocate { nth } => self.deallocate(nth),
            Op::Reallocate { nth, size } => {
                self.reallocate(nth, size);
            }
        }
    }
}

/// Does `ops` and then gives everything back.
pub(crate) fn run(heap: &mut impl Heap, ops: &[Op]) {
    let mut shadow = Shadow::new(heap, 0);
    ops.iter().for_each(|&op| shadow.apply(op));
    shadow.verify();
    shadow.deallocate_all();
}

/// Sizes 1 to 1024 with plain alignments, one block at a time: a heap with any memory at all must serve them. (Random
/// sequences are content with a heap that refuses whatever it likes.)
pub(crate) fn run_small_sizes(heap: &mut impl Heap) {
    let mut shadow = Shadow::new(heap, 0);
    for size in 1..=1024 {
        for align in [1, 8, 16] {
            let layout = Layout::from_size_align(size, align).expect("a plain layout");
            assert!(shadow.allocate(layout), "{layout:?} is refused");
            shadow.deallocate_all();
        }
    }
}
