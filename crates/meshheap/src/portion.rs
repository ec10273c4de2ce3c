//! What one search looks at: the units of a class, or a *portion* of them.

use heap::SpanId;

use crate::tuning::CANDIDATES;

/// How much of a class one search looks at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Portion {
    /// Records of the class, from this one on.
    pub(crate) from: SpanId,
    /// Candidates, at most. Of runs of neighbours there may be four times as many spans.
    pub(crate) most: usize,
}

/// The longest run for which a portion has as many spans for each candidate.
const LENGTHENED: usize = 4;

impl Portion {
    /// The first portion of a class for a search that has the time.
    pub(crate) const WHOLE: Self = Self {
        from: SpanId(0),
        most: CANDIDATES,
    };

    /// The spans to look at for runs of `len` in a class with so many physical spans: the same number in each portion.
    pub(crate) fn spans(self, physical: usize, len: usize) -> usize {
        let most = self.most * len.min(LENGTHENED);
        physical.div_ceil(physical.div_ceil(most).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_of_a_class_are_alike() {
        let portion = Portion {
            from: SpanId(0),
            most: 1000,
        };
        assert_eq!(portion.spans(0, 1), 0);
        assert_eq!(portion.spans(999, 1), 999);
        assert_eq!(portion.spans(1001, 1), 501);
        assert_eq!(portion.spans(1001, 2), 1001);
        assert_eq!(portion.spans(8001, 16), 2667);
    }
}
