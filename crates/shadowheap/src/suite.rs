//! The macros that stamp the suite on a heap.

/// Stamps a module of tests on a [`Heap`](heap::Heap): `shadow_heap_suite!(name, || heap)`.
///
/// With `at_end = |heap| …` the closure gets `&mut` to the heap when all blocks have been given back, to assert that
/// nothing is left.
#[macro_export]
macro_rules! shadow_heap_suite {
    ($name:ident, $heap:expr) => {
        $crate::shadow_heap_suite!($name, $heap, at_end = |_| {});
    };
    ($name:ident, $heap:expr, at_end = $at_end:expr) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[test]
            fn every_small_size_is_served() {
                $crate::owned::check_small_sizes($heap, $at_end);
            }

            #[test]
            fn sequences_keep_blocks_apart_and_content_whole() {
                $crate::owned::check_sequences($heap, $at_end);
            }
        }
    };
}

/// Stamps a module of tests on a [`LockedHeap`](heap::LockedHeap): `shared_heap_suite!(name, || heap)`. They are those of
/// [`shadow_heap_suite`](crate::shadow_heap_suite!), and threads that hand blocks to each other.
///
/// With `thread_end = |heap| …` the closure gets `&` to the heap on each thread that has used it, when the thread is done.
/// With `at_end = |heap| …` the closure gets `&` to the heap when all blocks have been given back. If both are there they
/// come in this order.
#[macro_export]
macro_rules! shared_heap_suite {
    ($name:ident, $heap:expr) => {
        $crate::shared_heap_suite!($name, $heap, thread_end = |_| {}, at_end = |_| {});
    };
    ($name:ident, $heap:expr, thread_end = $thread_end:expr) => {
        $crate::shared_heap_suite!($name, $heap, thread_end = $thread_end, at_end = |_| {});
    };
    ($name:ident, $heap:expr, at_end = $at_end:expr) => {
        $crate::shared_heap_suite!($name, $heap, thread_end = |_| {}, at_end = $at_end);
    };
    ($name:ident, $heap:expr, thread_end = $thread_end:expr, at_end = $at_end:expr) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[test]
            fn every_small_size_is_served() {
                $crate::shared::check_small_sizes($heap, $thread_end, $at_end);
            }

            #[test]
            fn sequences_keep_blocks_apart_and_content_whole() {
                $crate::shared::check_sequences($heap, $thread_end, $at_end);
            }

            #[test]
            fn threads_hand_blocks_to_each_other() {
                $crate::shared::check_threads($heap, $thread_end, $at_end);
            }
        }
    };
}
