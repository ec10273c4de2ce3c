//! What the spans of a class have been through.

use super::Spans;

/// What the spans of a class have been through since the start, and how many lie on others' pages now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turnover {
    /// Spans made.
    pub made: usize,
    /// Spans that are gone.
    pub removed: usize,
    /// Spans that came to lie on the pages of another one.
    pub joined: usize,
    /// Of these, those whose last objects were freed.
    pub drained: usize,
    /// Spans that lie on the pages of another one now.
    pub members: usize,
}

impl Turnover {
    /// Nothing yet.
    pub const NONE: Self = Self {
        made: 0,
        removed: 0,
        joined: 0,
        drained: 0,
        members: 0,
    };

    /// What happened after `before`; the members are those of now.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let passed = |now: usize, before: usize| now.saturating_sub(before);
        Self {
            made: passed(self.made, before.made),
            removed: passed(self.removed, before.removed),
            joined: passed(self.joined, before.joined),
            drained: passed(self.drained, before.drained),
            members: self.members,
        }
    }
}

impl Spans {
    /// What the spans have been through.
    pub fn turnover(&self) -> Turnover {
        Turnover {
            made: self.made,
            removed: self.made.saturating_sub(self.spans + self.kept.len()),
            joined: self.joined,
            drained: self.drained,
            members: self.spans.saturating_sub(self.units),
        }
    }
}
