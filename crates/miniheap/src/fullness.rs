//! Degrees of fullness, by which units are listed.

/// Bins: as many degrees of fullness.
pub(crate) const BINS: usize = 16;
/// The number of no bin.
pub(crate) const UNLISTED: u8 = u8::MAX;

const _: () = assert!(BINS < UNLISTED as usize);
