//! What lets the kernel write to the program's memory at times of its own, found before anything is moved.
//!
//! The functions of libraries with which this begins are seen (`asynchronous`). A program may also have them linked into itself, or
//! make the system calls on its own. What that leaves behind is looked for before each cycle and each slice of one:
//!
//! | there is | then |
//! |---|---|
//! | an `io_uring` that nobody was seen to make | nothing is meshed any more |
//! | memory that the kernel has pinned (registered buffers, devices of RDMA) | nothing is meshed any more |
//! | a file that is open for direct I/O | objects as large as the least transfer are left alone: each of these reads by physical address |
//!
//! What is made between a look and the end of the slice is not found in time: see docs/decisions/022-asynchronous-io.md.

pub(crate) mod rings;

use arena::os::{Lookout, Sight};

use crate::ground::heap::HEAP;

/// Bytes that direct I/O transfers at least.
const LEAST_DIRECT: usize = 512;

/// Why nothing may be meshed.
pub(crate) enum Found {
    /// A ring that was not seen to be made.
    Ring,
    /// Memory that the kernel has pinned.
    Pins,
}

static LOOKOUT: Lookout = Lookout::new();

/// Looks, as often as is due. To be called with the lock of the cycle.
pub(crate) fn look() -> Option<Found> {
    // A filter is seen when it is installed.
    let Sight {
        ring, direct, pins, ..
    } = LOOKOUT.look(HEAP.global().pages().os(), rings::is_known);
    if direct {
        HEAP.global().mesh_only_below(LEAST_DIRECT);
    }
    if ring {
        return Some(Found::Ring);
    }
    pins.then_some(Found::Pins)
}
