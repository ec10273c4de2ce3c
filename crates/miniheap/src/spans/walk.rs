//! Checks of the whole structure, for debug builds and tests.

use bitmap::SpanBits;
use heap::SpanId;

use super::Spans;
use crate::bins::Bins;
use crate::fullness::UNLISTED;
use crate::miniheap::State;

/// An invariant that does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Violation {
    /// Members of a group have a slot in common, or the group's slots are not those of its members.
    Union(SpanId),
    /// A count is not the number of slots in use.
    Count(SpanId),
    /// A unit is in the wrong bin.
    Bin(SpanId),
    /// A ring does not lead back, or has the wrong length.
    Ring(SpanId),
    /// A member that is not the leader has no slot in use.
    Drained(SpanId),
    /// A span that nobody should use has a slot in use.
    Leftover(SpanId),
    /// A total does not add up.
    Total,
}

impl Spans {
    /// In debug builds a [`check`](Self::check), on one call in as many as there are records, so that it costs little in the mean.
    ///
    /// # Panics
    /// When something is wrong.
    pub fn assert_sound(&mut self) {
        if cfg!(debug_assertions) {
            self.check_now_and_then();
        }
    }

    #[inline(never)]
    fn check_now_and_then(&mut self) {
        self.unchecked += 1;
        if self.unchecked > self.heaps.len() as usize {
            self.unchecked = 0;
            assert_eq!(self.check(), Ok(()));
        }
    }

    /// Looks at every record; says what is wrong, if anything is.
    pub fn check(&self) -> Result<(), Violation> {
        if self.are_whole() {
            let is_sound =
                self.heaps.len() == 0 && self.spans == self.live && self.units == self.live;
            return if is_sound {
                Ok(())
            } else {
                Err(Violation::Total)
            };
        }
        let (mut spans, mut live) = (0, 0);
        for id in (0..self.heaps.len()).map(SpanId) {
            let Some(heap) = self.get(id) else { continue };
            spans += 1;
            live += heap.live.len();
            match heap.state {
                State::Unit => self.check_unit(id)?,
                State::Member if heap.live.is_empty() => return Err(Violation::Drained(id)),
                State::Detached | State::Dead if !heap.live.is_empty() => {
                    return Err(Violation::Leftover(id));
                }
                _ => {}
            }
        }
        let listed = self.bins.iter(&self.heaps).count();
        let binned = (0..self.heaps.len())
            .filter(|&id| {
                self.heaps
                    .get(id)
                    .is_some_and(|h| h.state == State::Unit && h.bin != UNLISTED)
            })
            .count();
        let leftovers = self
            .detached
            .iter(&self.heaps)
            .chain(self.aside.iter(&self.heaps))
            .chain(self.dead.iter(&self.heaps))
            .count();
        let lost = (0..self.heaps.len())
            .filter(|&id| {
                let state = self.heaps.get(id).map(|heap| heap.state);
                matches!(state, Some(State::Detached | State::Dead))
            })
            .count();
        let kept = (0..self.heaps.len())
            .filter(|&id| {
                let heap = self.heaps.get(id);
                heap.is_some_and(|heap| heap.state == State::Kept && heap.live.is_empty())
            })
            .count();
        let sums = [
            (kept, self.kept.iter(&self.heaps).count()),
            (kept, self.kept.len()),
            (spans, self.spans),
            (live, self.live),
            (listed, binned),
            (leftovers, lost),
        ];
        if sums.iter().any(|(left, right)| left != right) {
            return Err(Violation::Total);
        }
        Ok(())
    }

    fn check_unit(&self, id: SpanId) -> Result<(), Violation> {
        let Some(heap) = self.get(id) else {
            return Ok(());
        };
        let mut union = SpanBits::EMPTY;
        let mut members = 0;
        for member in self.members(id) {
            let live = self.get(member).ok_or(Violation::Ring(id))?.live;
            if !union.is_disjoint(&live) {
                return Err(Violation::Union(id));
            }
            union = union.union(&live);
            members += 1;
            if members > self.spans {
                return Err(Violation::Ring(id));
            }
        }
        if union != self.union(id) {
            return Err(Violation::Union(id));
        }
        if heap
            .group()
            .and_then(|group| self.group(group))
            .is_some_and(|g| g.members as usize != members)
        {
            return Err(Violation::Ring(id));
        }
        if usize::from(heap.count) != union.len() {
            return Err(Violation::Count(id));
        }
        let bin = if heap.count == 0 {
            UNLISTED
        } else {
            Bins::bin_for(heap.count, &self.geometry)
        };
        if heap.bin != bin {
            return Err(Violation::Bin(id));
        }
        Ok(())
    }
}
