//! Units that must stay on their physical pages.
//!
//! A pin holds the whole unit: it keeps its physical pages until the pin is taken out or all its objects are gone. Other
//! spans may still join a group that is pinned, since that moves nothing of it; a pinned span on pages of its own takes no
//! part in a mesh, since a group of it would lie on other pages.

use heap::SpanId;

use super::Spans;
use crate::miniheap::MiniHeap;

impl MiniHeap {
    /// Whether the unit can be the one to which others are joined.
    pub(crate) fn takes_others_in(&self) -> bool {
        self.pins == 0 || self.group().is_some()
    }
}

impl Spans {
    /// Whether the unit must stay on its physical pages.
    pub fn is_pinned(&self, unit: SpanId) -> bool {
        self.heaps.get(unit.0).is_some_and(|heap| heap.pins > 0)
    }

    /// Keeps the unit of `id` on its physical pages; false when the span is in no unit. Pins are counted, up to a number
    /// from which on they hold as long as an object of the unit lives.
    pub fn pin(&mut self, id: SpanId) -> bool {
        self.change_pins(id, |pins| Some(pins.saturating_add(1)))
    }

    /// Takes one pin out; false when there is none.
    pub fn unpin(&mut self, id: SpanId) -> bool {
        self.change_pins(id, |pins| match pins {
            0 => None,
            u16::MAX => Some(pins),
            _ => Some(pins - 1),
        })
    }

    fn change_pins(&mut self, id: SpanId, change: impl FnOnce(u16) -> Option<u16>) -> bool {
        let unit = self.leader(id).and_then(|unit| self.heaps.get_mut(unit.0));
        let Some(heap) = unit else { return false };
        match change(heap.pins) {
            Some(pins) => {
                heap.pins = pins;
                true
            }
            None => false,
        }
    }
}
