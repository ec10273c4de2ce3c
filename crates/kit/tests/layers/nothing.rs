//! Nothing has nothing.

use std::alloc::Layout;

use heap::{Heap, LockedHeap};
use kit::Nothing;
use proptest::prelude::*;

proptest! {
    /// Whatever the size, the largest of all included.
    #[test]
    fn every_request_is_refused(size in 0..=isize::MAX as usize, bits in 0..=12_u32) {
        let align = 1 << bits;
        let size = size.min(isize::MAX as usize - (align - 1));
        let layout = Layout::from_size_align(size, align).expect("it fits");
        prop_assert_eq!(Heap::allocate(&mut Nothing, layout), None);
        prop_assert_eq!(LockedHeap::allocate(&Nothing, layout), None);
    }
}
