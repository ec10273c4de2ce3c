//! A counted source over plain memory, for the layer under test.

use std::alloc::Layout;
use std::ptr::NonNull;

use heap::SpinLock;
use kit::{Bump, Counted, Locked};

/// What a test's layers ask for memory: `&source` is a heap, and `source.counts()` tells what they did.
pub(crate) type Source = Counted<Locked<SpinLock, Bump>>;

/// A source of `bytes` bytes, aligned to a page. The memory stays when the test is over.
pub(crate) fn source(bytes: usize) -> Source {
    let layout = Layout::from_size_align(bytes, 4096).expect("plain");
    assert_ne!(bytes, 0);
    // SAFETY: the size is not zero.
    let memory = NonNull::new(unsafe { std::alloc::alloc(layout) }).expect("memory");
    let region = NonNull::slice_from_raw_parts(memory, bytes);
    // SAFETY: the memory is never given back, and has no other user.
    Counted::new(Locked::new(unsafe { Bump::over(region) }))
}
