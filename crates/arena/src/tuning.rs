//! The arena's numbers that someone may want to tune.

/// Addresses to reserve, in bytes; halved until the system agrees.
pub(crate) const RESERVATION: usize = 1 << 40;

/// The smallest reservation worth having, in bytes.
pub(crate) const SMALLEST_RESERVATION: usize = 1 << 20;

/// The arena grows by one part in this many of what is open already, …
pub(crate) const GROWTH_SHARE: usize = 8;
/// … but by no less than this many bytes, …
pub(crate) const SMALLEST_GROWTH: usize = 1 << 20;
/// … and by no more than this many.
pub(crate) const LARGEST_GROWTH: usize = 64 << 20;

/// The tables of pages are opened in steps of this many bytes.
pub(crate) const TABLE_STEP: usize = 64 << 10;

/// Bytes of the window that are mapped at a time.
pub(crate) const WINDOW_CHUNK: usize = 16 << 20;

/// Bytes of metadata that are mapped at a time.
pub(crate) const METADATA_CHUNK: usize = 256 << 10;

/// How long unused dirty pages stay, in milliseconds.
pub(crate) const DECAY_MS: u64 = 1_000;

/// Unused dirty pages that are given back in one system call at most, in pages: it bounds how long the call takes.
pub(crate) const PURGE_BATCH: u32 = 1_024;

/// The share of the mappings limit that is left to the program: one part in this many.
pub(crate) const PROGRAM_SHARE: usize = 3;
