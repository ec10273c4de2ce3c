//! The flags of `mallocx` and its like.
//!
//! ```text
//!   31        20 19         8 7 6 5         0
//!  | arena + 1  | cache + 2  | |Z| log2 align |
//! ```
//!
//! There is one arena, and each thread has one cache: these two say nothing.

use core::ffi::c_int;

/// What the flags ask for.
pub(super) struct Flags {
    /// A power of two.
    pub(super) align: usize,
    /// Whether new bytes are to be zero.
    pub(super) zero: bool,
}

const LOG_ALIGN: c_int = 0x3f;
const ZERO: c_int = 0x40;

impl Flags {
    pub(super) fn of(flags: c_int) -> Self {
        Self {
            align: 1 << (flags & LOG_ALIGN),
            zero: flags & ZERO != 0,
        }
    }
}
