//! The size of pages.

/// Bytes in a page.
pub const PAGE: usize = 4096;
