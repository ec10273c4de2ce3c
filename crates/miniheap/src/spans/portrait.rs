//! What a span looks like from outside, for pictures of the heap.

use bitmap::SpanBits;
use heap::{PageIndex, SpanId};

use super::Spans;
use crate::miniheap::State;

/// A virtual span at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Portrait {
    /// Its number among the spans of its class.
    pub id: SpanId,
    /// Its first page.
    pub first: PageIndex,
    /// Slots in use at its addresses.
    pub live: SpanBits,
    /// Whose physical pages it lies on.
    pub place: Place,
}

/// Where a virtual span lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// On pages of its own.
    Alone,
    /// On the shared pages of the group with this leader, which may be the span itself.
    InGroup(SpanId),
    /// On shared pages that it is about to leave: nobody uses it.
    Leftover,
}

impl Spans {
    /// Numbers of spans are below this.
    pub fn ids(&self) -> u32 {
        self.heaps.len()
    }

    /// The span `id`, if there is one.
    pub fn portrait(&self, id: SpanId) -> Option<Portrait> {
        let heap = self.get(id)?;
        let place = match heap.state {
            State::Unused | State::Kept => return None,
            State::Detached | State::Dead => Place::Leftover,
            State::Unit | State::Member if heap.group().is_none() => Place::Alone,
            State::Unit | State::Member => Place::InGroup(SpanId(self.unit_of(id.0))),
        };
        Some(Portrait {
            id,
            first: heap.first(),
            live: *heap.live(),
            place,
        })
    }
}
