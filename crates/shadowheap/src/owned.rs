//! The suite for heaps with one owner.

use heap::Heap;

use crate::{runner, sequence};

/// A fresh heap serves every small size. `at_end` sees the heap when nothing is live.
pub fn check_small_sizes<H: Heap>(heap: impl Fn() -> H, at_end: impl Fn(&mut H)) {
    let mut heap = heap();
    sequence::run_small_sizes(&mut heap);
    at_end(&mut heap);
}

/// Random sequences, each on a fresh heap. `at_end` sees the heap when nothing is live.
pub fn check_sequences<H: Heap>(heap: impl Fn() -> H, at_end: impl Fn(&mut H)) {
    runner::check(&sequence::ops(), 64, |ops| {
        let mut heap = heap();
        sequence::run(&mut heap, &ops);
        at_end(&mut heap);
    });
}
