//! The heap of this process.

use core::sync::atomic::{AtomicU32, Ordering};

use arena::{Arena, Linux};
use globalheap::{GlobalHeap, Misuse, Report};
use stack::{Meshed, Policy, ThreadHeap};

use crate::ground::line::Line;

/// The allocator: claimed slots for each thread, over spans that are meshed, over pages.
type Heap = Meshed<Policy, ToStandardError>;
/// A thread's front end.
pub(crate) type Front = ThreadHeap<Arena<Linux>, Policy, ToStandardError>;

/// What all threads share.
pub(crate) type Global = GlobalHeap<Arena<Linux>, Policy, ToStandardError>;

/// The heap of this process.
pub(crate) static HEAP: Heap = stack::meshed();

/// Reports misuse, at most a few times.
pub(crate) struct ToStandardError;

/// Lines that misuse may bring.
const MOST_REPORTS: u32 = 16;

impl Report for ToStandardError {
    fn misuse(what: Misuse, address: usize) {
        static REPORTS: AtomicU32 = AtomicU32::new(0);
        if REPORTS.fetch_add(1, Ordering::Relaxed) >= MOST_REPORTS {
            return;
        }
        let mut line = Line::new();
        line.text(match what {
            Misuse::DoubleFree => "double free of ",
            Misuse::NotAnObject => "free of what is no object: ",
        });
        line.address(address).print();
    }
}
