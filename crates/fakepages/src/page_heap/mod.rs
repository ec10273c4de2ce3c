//! The model as a [`PageHeap`](heap::PageHeap), with the contract of each call checked.

mod fork;
mod large;
mod protection;
mod remapping;
mod spans;
mod upkeep;

use core::alloc::Layout;
use core::ptr::NonNull;

use heap::{Label, Metadata, PageIndex, Refused};

use crate::FakePages;

fn zeroed(layout: Layout) -> Option<NonNull<u8>> {
    assert_ne!(layout.size(), 0);
    // SAFETY: the size is not zero.
    NonNull::new(unsafe { std::alloc::alloc_zeroed(layout) })
}

impl FakePages {
    fn grant(&self, name: &'static str) -> Result<(), Refused> {
        if self.refusals.grant(name) {
            Ok(())
        } else {
            Err(Refused)
        }
    }

    fn set_label(&self, page: PageIndex, label: Label) {
        self.words[page.index()].write(label.0);
    }
}

// SAFETY: each block is a fresh one of the system's allocator, zeroed, and is never given back.
unsafe impl Metadata for FakePages {
    fn metadata(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.grant("metadata").ok()?;
        zeroed(layout)
    }
}
