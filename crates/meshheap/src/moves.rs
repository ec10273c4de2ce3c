//! What is to be moved, and where to.

use heap::{PageIndex, Run, SpanId};
use meshing::Candidate;

/// A span that is to be put onto shared pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Move {
    pub(crate) span: SpanId,
    pub(crate) from: Run,
    /// The page that names them.
    pub(crate) to: PageIndex,
}

impl Move {
    /// Whether `next` goes on where this one ends, here and there.
    pub(crate) fn is_followed_by(&self, next: &Self) -> bool {
        let behind = self.to.plus(self.from.pages);
        self.from.end() == next.from.first && behind == next.to
    }
}

/// What moves when one group is taken apart: each member with objects, and the unit that it goes to. It ends early when no
/// place was found for a member.
#[derive(Clone)]
pub(crate) struct Moves<'s> {
    pub(crate) units: &'s [Candidate],
    pub(crate) members: &'s [Candidate],
    /// One more than the index of the unit that each member goes to.
    pub(crate) targets: &'s [u32],
}

impl Iterator for Moves<'_> {
    type Item = (SpanId, SpanId);

    fn next(&mut self) -> Option<Self::Item> {
        let (member, members) = self.members.split_first()?;
        let (target, targets) = self.targets.split_first()?;
        (self.members, self.targets) = (members, targets);
        let unit = self.units.get(target.checked_sub(1)? as usize)?;
        Some((SpanId(member.tag), SpanId(unit.tag)))
    }
}
