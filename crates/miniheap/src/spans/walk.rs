//! Checks of the whole structure, for debug builds and tests.

use bitmap::SpanBits;
use heap::SpanId;

use super::Spans;
use crate::bins::Bins;
use crate::fullness::UNLISTED;
use crate::miniheap::{MiniHeap, State};

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
        let sums = self.check_records()?;
        let is_sound = sums == (self.spans, self.live) && self.lists_are_whole();
        is_sound.then_some(()).ok_or(Violation::Total)
    }

    /// Looks at every record by itself; returns the spans and their slots in use. Not in the frame of [`check`](Self::check), nor is
    /// what follows: some stacks are small.
    #[inline(never)]
    fn check_records(&self) -> Result<(usize, usize), Violation> {
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
        Ok((spans, live))
    }

    /// Whether each record is in the list that its state says.
    #[inline(never)]
    fn lists_are_whole(&self) -> bool {
        let binned = self.count(|heap| heap.state == State::Unit && heap.bin != UNLISTED);
        let lost = self.count(|heap| matches!(heap.state, State::Detached | State::Dead));
        let kept = self.count(|heap| heap.state == State::Kept && heap.live.is_empty());
        let used = self.count(|heap| heap.state != State::Unused);
        let lists = [&self.detached, &self.aside, &self.dead];
        let leftovers: usize = lists
            .map(|list| list.iter(&self.heaps).count())
            .iter()
            .sum();
        binned == self.bins.iter(&self.heaps).count()
            && lost == leftovers
            && kept == self.kept.iter(&self.heaps).count()
            && kept == self.kept.len()
            && used == self.heaps.used()
    }

    /// Records of which `is` is true.
    fn count(&self, is: impl Fn(&MiniHeap) -> bool) -> usize {
        let heaps = (0..self.heaps.len()).filter_map(|id| self.heaps.get(id));
        heaps.filter(|heap| is(heap)).count()
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
