//! What a heap asks of the system from time to time.

use core::ptr::NonNull;

/// Unused pages, memory for a while, clocks and random bits.
///
/// # Safety
/// * Scratch memory is valid, and nobody else's, until it is given back.
/// * What goes back to the system was unused.
pub unsafe trait Upkeep {
    /// Gives back pages that have been unused for long, all unused ones when `all` is set, and ends after about so many
    /// nanoseconds. Says whether there is more to give back.
    fn purge(&self, all: bool, nanoseconds: u64) -> bool;

    /// Zeroed memory for a while, at least `bytes` long and aligned to a page; `None` when there is none.
    fn map_scratch(&self, bytes: usize) -> Option<NonNull<u8>>;

    /// Gives scratch memory back.
    ///
    /// # Safety
    /// It came from [`map_scratch`](Self::map_scratch) with the same length, and nobody uses it any more.
    unsafe fn unmap_scratch(&self, scratch: NonNull<u8>, bytes: usize);

    /// Runs `act`, which is not urgent, aside: where it has stack enough of its own, and is not interrupted. `None`, and nothing was
    /// done, when that is not to be had now.
    fn aside<T>(&self, act: impl FnOnce() -> T) -> Option<T> {
        Some(act())
    }

    /// Milliseconds on a clock that never goes back; coarse and cheap.
    fn clock_ms(&self) -> u64;

    /// Nanoseconds on a clock that never goes back.
    fn clock_ns(&self) -> u64;

    /// Random bits.
    fn entropy(&self) -> u64;
}
