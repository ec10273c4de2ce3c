//! The global heap's numbers that someone may want to tune.

use core::ops::RangeInclusive;

use miniheap::Geometry;

/// Large objects of at least this many bytes that must move are remapped and not copied.
///
/// Pages that were remapped are a mapping of their own, and go back to the system with the object: whoever comes next has to
/// fault all of them in, which costs as much as to copy them. So remapping pays for the memory only. Small under test, where
/// it should happen often.
pub const REMAPPED: usize = if cfg!(test) { 16 << 10 } else { 8 << 20 };

/// A large object grows by small steps where one adds less than one part in so many.
pub const SMALL_STEP: u32 = 16;

/// Spans whose records are changed under one hold of their class's lock, for a refill or a release, at most.
pub const SPANS_AT_ONCE: usize = 2;

/// Bytes of emptied spans that one class keeps until the next upkeep, at most: a round of the program often wants them back.
pub const KEPT_BYTES: usize = 256 << 10;

/// The same where objects are whole pages.
pub const KEPT_WHOLE_BYTES: usize = 8 << 20;

/// Objects of whole pages that are larger are labelled for nobody: a `free` takes some 40 instructions more, and tells another address
/// in such an object at once.
pub const OWNED_BYTES: usize = 32 << 10;

/// Runs that a class of this geometry keeps, at most.
pub(crate) fn most_kept(geometry: &Geometry) -> usize {
    let bytes = if geometry.slots == 1 {
        KEPT_WHOLE_BYTES
    } else {
        KEPT_BYTES
    };
    bytes / geometry.bytes_of_slots()
}

/// Bytes of one class that wait to be taken over by another thread, at most.
pub const TRANSFER_BYTES: usize = 128 << 10;

/// Slots of one class that wait, at least and at most, when they would be fewer or more.
pub const TRANSFER_SLOTS: RangeInclusive<usize> = 16..=1024;

/// Nanoseconds that a thread works on what is due at a time, while the program waits for it to come back. A step of the work is
/// not interrupted.
pub const SLICE_NS: u64 = 1_000_000;

/// Milliseconds between two slices of such work.
pub const SLICE_PAUSE_MS: u64 = 2;

/// How long a thread that forks over an operation of the heap tries to get locks that may be its own, in nanoseconds.
pub const NANOSECONDS_FOR_LOCKS: u64 = 1_000_000;

/// Milliseconds between two looks at pages that have been unused for long.
pub const PURGE_MS: u64 = 50;

/// Milliseconds between two looks at records that nobody uses.
pub(crate) const TRIM_MS: u64 = 500;
