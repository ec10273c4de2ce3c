//! The record of a virtual span.

use bitmap::SpanBits;
use heap::{OwnerId, PageIndex};
use static_assertions::const_assert_eq;

use crate::fullness::UNLISTED;
use crate::group::GroupId;
use crate::pool::Zeroed;

/// No record has this number.
pub(crate) const NONE: u32 = u32::MAX;

/// A virtual span: where it is, which of its slots are in use, and which other spans it belongs with.
///
/// ```text
///  0               32              40      44       48      52      56     58   59      60     62
///  +---------------+---------------+-------+--------+-------+-------+------+----+-------+------+
///  |     live      | first . owner | next  |previous| group | peer  |count |bin | state | pins |
///  +---------------+---------------+-------+--------+-------+-------+------+----+-------+------+
/// ```
#[derive(Debug)]
#[repr(C, align(64))]
pub struct MiniHeap {
    /// Slots in use at this span's addresses.
    pub(crate) live: SpanBits,
    /// The first page, and in the lowest [`OWNER_BITS`] the thread heap that last refilled from here.
    place: u64,
    /// Neighbours in a bin or in one of the lists of [`Spans`](crate::Spans).
    pub(crate) next: u32,
    pub(crate) previous: u32,
    /// One more than the number of the span's group; zero when it is on pages of its own.
    group: u32,
    /// The next member of the group.
    pub(crate) peer: u32,
    /// Slots in use in the whole unit; kept for units only.
    pub(crate) count: u16,
    /// The bin that the unit is in.
    pub(crate) bin: u8,
    pub(crate) state: State,
    /// Reasons why the unit must stay on its physical pages; kept for units only.
    pub(crate) pins: u16,
}

const_assert_eq!(size_of::<MiniHeap>(), 64);

/// Bits of an owner's number, as in a label; the others are enough for every page of an address space.
const OWNER_BITS: u32 = 24;

/// What a record stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum State {
    /// Nothing: the record is unused.
    Unused = 0,
    /// A run that the class keeps, with its labels: the next span is made of it.
    Kept,
    /// A span on pages of its own, or the leader of a group.
    Unit,
    /// A member of a group that is not its leader.
    Member,
    /// A member that nobody uses any more, to be put back on private pages.
    Detached,
    /// The leader of a group that nobody uses any more.
    Dead,
}

// SAFETY: zero is a valid value of every field; of `state` it is `Unused`.
unsafe impl Zeroed for MiniHeap {}

impl MiniHeap {
    /// A span on pages of its own, with all slots free, in no bin.
    pub(crate) fn solo(first: PageIndex, id: u32) -> Self {
        Self {
            live: SpanBits::EMPTY,
            place: (first.0 as u64) << OWNER_BITS,
            next: NONE,
            previous: NONE,
            group: 0,
            peer: id,
            count: 0,
            bin: UNLISTED,
            state: State::Unit,
            pins: 0,
        }
    }

    /// The first page.
    pub fn first(&self) -> PageIndex {
        PageIndex((self.place >> OWNER_BITS) as usize)
    }

    /// Slots in use at this span's addresses.
    pub fn live(&self) -> &SpanBits {
        &self.live
    }

    /// The thread heap that last refilled from here.
    pub fn owner(&self) -> OwnerId {
        OwnerId(self.place as u32 & ((1 << OWNER_BITS) - 1))
    }

    pub(crate) fn set_owner(&mut self, owner: OwnerId) {
        debug_assert!(owner.0 >> OWNER_BITS == 0);
        self.place = self.place >> OWNER_BITS << OWNER_BITS | u64::from(owner.0);
    }

    /// The group, if the span is on shared pages.
    pub fn group(&self) -> Option<GroupId> {
        self.group.checked_sub(1).map(GroupId)
    }

    pub(crate) fn set_group(&mut self, group: Option<GroupId>) {
        self.group = group.map_or(0, |id| id.0 + 1);
    }
}
