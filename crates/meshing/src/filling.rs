//! The group that is being filled.

use bitmap::SpanBits;

use crate::{Candidate, Merge};

/// Spans that are disjoint from each other. Each has at least one live slot, so there are never
/// more members than slots.
pub(crate) struct Filling {
    members: [u32; SpanBits::BITS],
    len: usize,
    slots: [u8; SpanBits::BITS],
    live: usize,
}

impl Filling {
    pub(crate) const fn new() -> Self {
        Self {
            members: [0; _],
            len: 0,
            slots: [0; _],
            live: 0,
        }
    }

    /// Makes the group empty.
    pub(crate) const fn clear(&mut self) {
        self.len = 0;
        self.live = 0;
    }

    /// Takes in a span with live slots disjoint from those of all members.
    pub(crate) fn add(&mut self, span: u32, live: &SpanBits) {
        if let Some(place) = self.members.get_mut(self.len) {
            *place = span;
            self.len += 1;
        }
        for (place, slot) in self.slots.iter_mut().skip(self.live).zip(live) {
            *place = slot as u8;
            self.live += 1;
        }
    }

    /// The live slots of all members, those of the first member first.
    pub(crate) fn slots(&self) -> &[u8] {
        self.slots.get(..self.live).unwrap_or_default()
    }

    /// The merges that make one span of the group: everybody joins the member that costs most to
    /// move.
    pub(crate) fn merges(&self, spans: &[Candidate]) -> impl Iterator<Item = Merge> + '_ {
        let members = self.members.get(..self.len).unwrap_or_default();
        let cost = |span: &u32| spans.get(*span as usize).map(Candidate::moving_cost);
        let keep = members.iter().copied().max_by_key(cost);
        members
            .iter()
            .filter_map(move |&join| Some(Merge { keep: keep?, join }))
            .filter(|merge| merge.keep != merge.join)
    }
}
