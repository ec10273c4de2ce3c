//! What a search knows about a span.

use bitmap::SpanBits;

/// One physical span and the virtual spans on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// Slots in use, of all virtual spans together.
    pub live: SpanBits,
    /// The caller's name for the span. No search looks at it.
    pub tag: u32,
    /// Virtual spans on it: how many remappings it costs to move this span onto another.
    pub weight: u16,
    /// Whether others are to join this span, and it none: see [`Mesher::MINDS_HOSTS`](crate::Mesher::MINDS_HOSTS).
    pub is_host: bool,
}

impl Candidate {
    /// What it costs to move this span onto another, to be compared with the same of others: a host does not move, and a
    /// remapping is a system call and counts before any number of objects to copy.
    pub(crate) fn moving_cost(&self) -> (bool, u16, usize) {
        (self.is_host, self.weight, self.live.len())
    }

    /// The number of live slots, if this span can be meshed at all: an empty span should be freed
    /// instead, a full one fits nothing, and one with bits above `slots` is not of this class.
    fn meshable(&self, slots: usize) -> Option<usize> {
        let live = self.live.len();
        let can = live > 0 && live < slots && self.live.is_subset(&SpanBits::first(slots));
        can.then_some(live)
    }
}

/// Index and number of live slots of each span that can be meshed.
pub(crate) fn meshable(
    spans: &[Candidate],
    slots: usize,
) -> impl Iterator<Item = (u32, usize)> + '_ {
    (0..u32::MAX)
        .zip(spans)
        .filter_map(move |(index, span)| Some((index, span.meshable(slots)?)))
}
