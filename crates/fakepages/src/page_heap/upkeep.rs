//! Clocks and scratch memory of the model.

use core::alloc::Layout;
use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use heap::Upkeep;

use super::zeroed;
use crate::{FakePages, PAGE};

fn scratch_layout(bytes: usize) -> Layout {
    Layout::from_size_align(bytes.next_multiple_of(PAGE), PAGE).expect("a layout")
}

// SAFETY: the model keeps runs apart, and panics when a step would change what the program sees.
unsafe impl Upkeep for FakePages {
    fn purge(&self, all: bool, nanoseconds: u64) -> bool {
        self.purges.lock().unwrap().push((self.clock_ms(), all));
        let parts = self.purge_parts.load(Ordering::Relaxed);
        let left = if nanoseconds == u64::MAX {
            0
        } else {
            parts.saturating_sub(1)
        };
        self.purge_parts.store(left, Ordering::Relaxed);
        left > 0
    }

    fn map_scratch(&self, bytes: usize) -> Option<NonNull<u8>> {
        self.grant("map_scratch").ok()?;
        self.state().scratch += 1;
        zeroed(scratch_layout(bytes))
    }

    unsafe fn unmap_scratch(&self, scratch: NonNull<u8>, bytes: usize) {
        self.state().scratch -= 1;
        // SAFETY: mapped with this length (contract).
        unsafe { std::alloc::dealloc(scratch.as_ptr(), scratch_layout(bytes)) };
    }

    fn clock_ms(&self) -> u64 {
        self.clock_ms.load(Ordering::Relaxed)
    }

    fn clock_ns(&self) -> u64 {
        self.ticks_ns.fetch_add(1, Ordering::Relaxed)
    }

    fn entropy(&self) -> u64 {
        // One seed for all tests: their own choices vary.
        0x9e37_79b9_7f4a_7c15
    }
}
