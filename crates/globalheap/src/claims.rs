//! What a refill claims under one hold of a lock.

use core::ptr::NonNull;

use crate::span_slots::SpanSlots;
use crate::tuning::SPANS_AT_ONCE;

/// Slots that were claimed of a few spans: nobody else's, until they are taken out. They are sets; whoever takes them makes addresses
/// of them, without a lock.
pub struct Claims {
    all: [SpanSlots; SPANS_AT_ONCE],
    len: usize,
}

impl Claims {
    /// Nothing.
    pub const NONE: Self = Self {
        all: [const { SpanSlots::NONE }; SPANS_AT_ONCE],
        len: 0,
    };

    /// Whether as many spans are here as may be.
    pub(crate) fn is_full(&self) -> bool {
        self.len == SPANS_AT_ONCE
    }

    /// Adds slots of one span; there must be room.
    #[inline(always)]
    pub(crate) fn push(&mut self, slots: SpanSlots) {
        if let Some(place) = self.all.get_mut(self.len) {
            *place = slots;
            self.len += 1;
        }
    }

    /// Takes out one slot, where no more was claimed. Its frame is not above those of a refill: some stacks are small.
    #[inline(never)]
    pub fn take_one(&mut self) -> Option<NonNull<u8>> {
        debug_assert!(self.len <= 1);
        self.drain().next()?.next()
    }

    /// Takes out what was claimed of each span, that of the first one first.
    pub fn drain(&mut self) -> impl Iterator<Item = SpanSlots> + '_ {
        let len = core::mem::take(&mut self.len);
        let claimed = self.all.iter_mut().take(len);
        claimed.map(|slots| core::mem::replace(slots, SpanSlots::NONE))
    }
}
