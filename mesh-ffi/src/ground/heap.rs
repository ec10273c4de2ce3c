//! The heap of this process.

use arena::{Arena, Os};
use globalheap::{Misuse, Report};
use stack::{MeshHeap, Meshed, Policy, System, ThreadHeap};

use crate::ground::misuse;

/// The allocator: claimed slots for each thread, over spans that are meshed, over pages.
pub(crate) type Heap = Meshed<Policy, ToStandardError>;
/// A thread's front end.
pub(crate) type Front = ThreadHeap<Global>;

/// What all threads share.
pub(crate) type Global = MeshHeap<Arena<System>, Policy, ToStandardError>;

/// The heap of this process.
pub(crate) static HEAP: Heap = stack::meshed();

/// Bytes in a page of the system's.
#[inline(always)]
pub(crate) fn system_page() -> usize {
    HEAP.global().pages().os().system_page()
}

/// Tells the user about misuse.
pub(crate) struct ToStandardError;

impl Report for ToStandardError {
    fn misuse(what: Misuse, address: usize) {
        misuse::tell(
            match what {
                Misuse::DoubleFree => "double free of ",
                Misuse::NotAnObject => "free of what is no object: ",
            },
            address,
        );
    }
}
