//! The spans that are searched together.

use core::num::NonZero;

use bitmap::SpanBits;

use crate::Candidate;

/// Spans searched at once, at most: the work grows with the square of their number.
pub(crate) const SHARD: usize = 8192;

/// Every `step`-th span of an order, from `first` on: as many full and sparse ones as in the whole.
pub(crate) struct Shard<'a> {
    spans: &'a [Candidate],
    order: &'a [u32],
    first: usize,
    step: usize,
    len: usize,
}

impl<'a> Shard<'a> {
    /// Number `first` of `shards` shards of the spans that `order` names.
    pub(crate) fn new(
        spans: &'a [Candidate],
        order: &'a [u32],
        first: usize,
        shards: NonZero<usize>,
    ) -> Self {
        let step = shards.get();
        let len = (order.len() + step - 1 - first) / shards;
        Self {
            spans,
            order,
            first,
            step,
            len,
        }
    }

    /// The candidates among which the shard names some.
    pub(crate) fn spans(&self) -> &'a [Candidate] {
        self.spans
    }

    /// How many spans there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The span at this position: its index among the candidates, and its live slots.
    pub(crate) fn get(&self, position: usize) -> Option<(u32, &'a SpanBits)> {
        let span = *self.order.get(self.first + position * self.step)?;
        Some((span, &self.spans.get(span as usize)?.live))
    }

    /// Whether the span at this position is a host.
    pub(crate) fn is_host(&self, position: usize) -> bool {
        let span = self
            .get(position)
            .and_then(|(span, _)| self.spans.get(span as usize));
        span.is_some_and(|span| span.is_host)
    }

    /// The positions of all hosts.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).filter(|&position| self.is_host(position))
    }

    /// The live slots of all its spans.
    pub(crate) fn live(&self) -> impl Iterator<Item = &'a SpanBits> + '_ {
        (0..self.len()).map_while(|position| Some(self.get(position)?.1))
    }
}
