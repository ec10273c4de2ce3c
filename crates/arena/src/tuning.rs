//! The arena's numbers that someone may want to tune.

/// Addresses that an arena may come to have, in bytes.
pub(crate) const MOST_ADDRESSES: usize = 64 << 40;
/// One part in this many of a hole stays free at each of its ends: what borders on it may grow.
pub(crate) const MARGIN_SHARE: usize = 16;
/// The middle of an arena is somewhere in one part in this many of its addresses.
pub(crate) const JITTER_SHARE: usize = 16;
/// So many places are tried for an arena.
pub(crate) const PLACES_TRIED: u32 = 16;

/// The arena grows by one part in this many of what is mapped already, …
pub(crate) const GROWTH_SHARE: usize = 8;
/// … but by no less than this many bytes, …
pub(crate) const SMALLEST_GROWTH: usize = 1 << 20;
/// … and by no more than this many.
pub(crate) const LARGEST_GROWTH: usize = 64 << 20;

/// The tables of pages grow by so many entries at least.
pub(crate) const TABLE_STEP: usize = 16 << 10;

/// Addresses of unused pages that stay mapped, in bytes, beside one part in [`KEPT_SHARE`] of those in use, …
pub(crate) const KEPT_ADDRESSES: usize = 256 << 20;
/// … but no more than one part in this many of what the process may have.
pub(crate) const LIMIT_SHARE: usize = 16;
/// When so many bytes more are unused, the limit is looked at again.
pub(crate) const LIMIT_LOOK: usize = 4 << 20;
/// See [`KEPT_ADDRESSES`].
pub(crate) const KEPT_SHARE: usize = 8;
/// Runs that are shorter stay mapped, in bytes: each gap is one more mapping.
pub(crate) const SMALLEST_GAP: usize = 1 << 20;

/// What is cut off a large object goes back to the system at once if it is no shorter, in bytes.
pub(crate) const SMALLEST_TAIL: usize = 64 << 10;

/// Bytes of the window that are mapped at a time.
pub(crate) const WINDOW_CHUNK: usize = 16 << 20;

/// Chunks of the window of a child that are mapped as one, at most, where the system has few mappings left: addresses, of which most may
/// be in between.
pub(crate) const MOST_AS_ONE: usize = 1 << 10;

/// Bytes of metadata that are mapped at a time.
pub(crate) const METADATA_CHUNK: usize = 256 << 10;

/// How long unused dirty pages stay, in milliseconds.
pub(crate) const DECAY_MS: u64 = 1_000;

/// Unused dirty pages that are given back in one system call at most, in pages: it bounds how long the call takes.
pub(crate) const PURGE_BATCH: u32 = 1_024;

/// The share of the mappings limit that is left to the program: one part in this many.
pub(crate) const PROGRAM_SHARE: usize = 3;
