//! Spans that were emptied, for those to come.
//!
//! A program that goes in rounds empties spans and wants as many again. They stay with their class for a moment, as they are: with
//! record and labels. Nobody but their class knows of them, and they count as no spans.

use heap::{Run, SpanId};

use super::Spans;
use crate::fullness::UNLISTED;
use crate::miniheap::State;

impl Spans {
    /// Keeps the pages of a span that was emptied, where there are less than `most` of them; says whether it did. Otherwise the
    /// caller takes the span out with [`remove`](Self::remove).
    pub fn keep(&mut self, id: SpanId, most: usize) -> bool {
        let Some(heap) = self.heaps.get_mut(id.0) else {
            return false;
        };
        let is_plain = heap.state == State::Unit && heap.group().is_none() && heap.pins == 0;
        if self.kept.len() >= most || !is_plain || heap.count != 0 {
            return false;
        }
        debug_assert!(heap.bin == UNLISTED && heap.live.is_empty());
        heap.state = State::Kept;
        self.kept.push(&mut self.heaps, id.0);
        self.spans -= 1;
        self.units -= 1;
        true
    }

    /// Emptied spans that are kept; where they have no records, those are in stock.
    pub fn kept(&self) -> usize {
        if self.are_whole() {
            self.stock.len()
        } else {
            self.kept.len()
        }
    }

    /// The span that was emptied last of those that are kept, with all slots free and in no bin.
    pub fn take_kept(&mut self) -> Option<SpanId> {
        let id = self.kept.pop(&mut self.heaps)?;
        let heap = self.heaps.get_mut(id)?;
        heap.state = State::Unit;
        self.spans += 1;
        self.units += 1;
        self.peak = self.peak.max(self.spans);
        Some(SpanId(id))
    }

    /// The pages of one that is kept, which is kept no longer.
    pub fn give_up_kept(&mut self) -> Option<Run> {
        let pages = self.geometry.pages;
        let id = self.kept.pop(&mut self.heaps)?;
        let heap = self.heaps.get_mut(id)?;
        heap.state = State::Unused;
        let first = heap.first();
        self.heaps.remove(id);
        Some(Run { first, pages })
    }
}
