//! Virtual spans that share one physical span.

use bitmap::SpanBits;
use heap::PageIndex;

use crate::pool::Zeroed;

/// A group's record among those of its size class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupId(pub(crate) u32);

/// A group: what its members have in use together, and the shared pages they are on.
#[derive(Debug)]
#[repr(align(64))]
pub struct Group {
    /// Slots in use in any member. Members never have the same slot in use.
    pub(crate) live: SpanBits,
    /// The member at whose addresses slots are handed out.
    pub(crate) leader: u32,
    /// The first page of the run that names the shared pages.
    pub(crate) home: PageIndex,
    pub(crate) members: u32,
}

// SAFETY: zero is a valid value of every field.
unsafe impl Zeroed for Group {}

impl Group {
    /// The first page of the run that names the shared pages.
    pub fn home(&self) -> PageIndex {
        self.home
    }

    /// The number of virtual spans.
    pub fn members(&self) -> u32 {
        self.members
    }
}
