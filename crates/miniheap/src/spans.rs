//! All spans of one size class.

use bitmap::{SlotSet, SpanBits};
use heap::{Metadata, OwnerId, PageIndex, Run, SpanId, SpanPages};

use crate::bins::Bins;
use crate::fullness::UNLISTED;
use crate::geometry::Geometry;
use crate::group::{Group, GroupId};
use crate::miniheap::{MiniHeap, State};
use crate::pool::Pool;

mod emptied;
mod kept;
mod list;
mod pins;
mod portrait;
mod regroup;
mod stock;
mod turnover;
mod walk;
mod whole;

use emptied::Emptied;
use list::List;
pub use portrait::{Place, Portrait};
use stock::{MOST_AT_ONCE, Stock};
pub use turnover::Turnover;
pub use walk::Violation;

/// The records of one size class, with the bins from which refills and searches choose.
///
/// States of a span's record, and what moves it on:
///
/// ```text
///            add                    lead / transfer               last slot of a member is released
///  Unused ---------> Unit (solo) ---------------------> Member ------------------------------------> Detached
///    ^                |      ^  \  lead: alone in a new group                                            |
///    |    remove      |      |   `-------------------> Unit (leader) ---- last slot of the group ---> Dead
///    +----------------+      |                                                                        |  |
///    |                       +----------------------------- revive ----------------------------------+  |
///    +------------------------------------------------------ forget -----------------------------------+
/// ```
///
/// Instead of being removed a span that was emptied may be `Kept`, and becomes a `Unit` again as it is.
pub struct Spans {
    geometry: Geometry,
    heaps: Pool<MiniHeap>,
    groups: Pool<Group>,
    bins: Bins,
    detached: List,
    /// Detached spans that are left alone for now.
    aside: List,
    dead: List,
    /// Runs for spans to come.
    stock: Stock,
    /// Runs of spans that were emptied, for spans to come.
    kept: Emptied,
    /// Spans that are in use, and groups that are.
    spans: usize,
    live_groups: usize,
    /// Units: each has pages of its own.
    units: usize,
    /// Spans ever made, and the most in use at a time.
    made: usize,
    peak: usize,
    /// Spans that ever came to lie on others' pages, and of these those that were drained.
    joined: usize,
    drained: usize,
    /// Slots in use.
    live: usize,
    /// Changes since the last [`assert_sound`](Self::assert_sound) that looked.
    unchecked: usize,
}

/// What a release did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Released {
    /// The slots that were in use, and are free now. Others were freed twice, or never handed out.
    pub freed: SlotSet,
    /// Whether they were the last ones of a span on pages of its own: the caller takes the span out with
    /// [`Spans::remove`].
    pub emptied: bool,
}

impl Spans {
    /// No spans yet, of `geometry`.
    pub const fn new(geometry: Geometry) -> Self {
        Self {
            geometry,
            ..Self::unborn()
        }
    }

    /// No spans yet, and of no class so far: all bytes are zero.
    pub const fn unborn() -> Self {
        Self {
            geometry: Geometry::NONE,
            heaps: Pool::new(),
            groups: Pool::new(),
            bins: Bins::new(),
            detached: List::EMPTY,
            aside: List::EMPTY,
            dead: List::EMPTY,
            stock: Stock::EMPTY,
            kept: Emptied::NONE,
            spans: 0,
            live_groups: 0,
            units: 0,
            made: 0,
            peak: 0,
            joined: 0,
            drained: 0,
            live: 0,
            unchecked: 0,
        }
    }

    /// Whether they are of no class so far.
    #[inline]
    pub fn is_unborn(&self) -> bool {
        self.geometry.slots == 0
    }

    /// Spans of `geometry` from now on.
    pub fn be_of(&mut self, geometry: &Geometry) {
        self.geometry = *geometry;
    }

    /// What the spans look like.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Spans that are in use, those to be dissolved included.
    pub fn spans(&self) -> usize {
        self.spans
    }

    /// Spans ever made.
    pub fn made(&self) -> usize {
        self.made
    }

    /// The most spans that were in use at a time.
    pub fn peak(&self) -> usize {
        self.peak
    }

    /// Physical spans: a group counts once.
    pub fn physical_spans(&self) -> usize {
        self.units
    }

    /// Groups that are in use.
    pub fn groups(&self) -> usize {
        self.live_groups
    }

    /// Units that have a bin. Counts them.
    pub fn listed(&self) -> usize {
        self.bins.iter(&self.heaps).count()
    }

    /// Slots in use.
    pub fn live(&self) -> usize {
        self.live
    }

    /// The record of `id`, if it is in use.
    pub fn get(&self, id: SpanId) -> Option<&MiniHeap> {
        self.heaps
            .get(id.0)
            .filter(|heap| !matches!(heap.state, State::Unused | State::Kept))
    }

    /// The pages of `id`.
    pub fn run(&self, id: SpanId) -> Option<Run> {
        self.get(id).map(|heap| Run {
            first: heap.first(),
            pages: self.geometry.pages,
        })
    }

    /// The group `id`.
    pub fn group(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(id.0)
    }

    /// The unit that `id` belongs to.
    fn unit_of(&self, id: u32) -> u32 {
        let group = self.heaps.get(id).and_then(MiniHeap::group);
        group
            .and_then(|group| self.groups.get(group.0))
            .map_or(id, |group| group.leader)
    }

    /// The unit that a span belongs to, if it is a unit or a member of one.
    pub fn leader(&self, id: SpanId) -> Option<SpanId> {
        let heap = self.heaps.get(id.0)?;
        matches!(heap.state, State::Unit | State::Member).then(|| SpanId(self.unit_of(id.0)))
    }

    /// Whether a slot is in use at the span's own addresses.
    pub fn holds_objects(&self, id: SpanId) -> bool {
        self.heaps
            .get(id.0)
            .is_some_and(|heap| !heap.live.is_empty())
    }

    /// Whether `keep` is a unit in use that may take others in, and has the slots free which are in use at the addresses
    /// of `span`.
    pub fn has_room_for(&self, keep: SpanId, span: SpanId) -> bool {
        let in_use = self.heaps.get(keep.0).is_some_and(|heap| {
            heap.state == State::Unit && heap.count > 0 && heap.takes_others_in()
        });
        let live = self.heaps.get(span.0).map(|heap| heap.live);
        in_use && keep != span && live.is_some_and(|live| live.is_disjoint(&self.union(keep)))
    }

    /// The virtual spans of a unit that are on shared pages: all of a group, or none.
    pub fn shared_members(&self, unit: SpanId) -> usize {
        let group = self.heaps.get(unit.0).and_then(MiniHeap::group);
        group
            .and_then(|group| self.groups.get(group.0))
            .map_or(0, |group| group.members as usize)
    }

    /// Slots in use in a whole unit.
    pub fn union(&self, unit: SpanId) -> SpanBits {
        let Some(heap) = self.heaps.get(unit.0) else {
            return SpanBits::EMPTY;
        };
        let group = heap.group().and_then(|group| self.groups.get(group.0));
        group.map_or(heap.live, |group| group.live)
    }

    /// Slots that nobody uses in a unit.
    pub fn free_slots(&self, unit: SpanId) -> SlotSet {
        let slots = usize::from(self.geometry.slots);
        let count = self.heaps.get(unit.0).map_or(0, |heap| heap.count);
        let free = SpanBits::first(slots).without(&self.union(unit));
        SlotSet::known(free, slots - usize::from(count))
    }

    /// How many runs to fetch at once when the stock is empty.
    pub fn runs_wanted(&self) -> usize {
        Stock::wanted(self.spans)
    }

    /// Puts a run in stock for the next span; false when there is no room.
    pub fn put_in_stock(&mut self, pages: &impl SpanPages, first: PageIndex) -> bool {
        self.stock.put(pages, first, MOST_AT_ONCE)
    }

    /// A run that is in stock: for the next span, or to be given back.
    pub fn take_stock(&mut self, pages: &impl SpanPages) -> Option<PageIndex> {
        self.stock.take(pages)
    }

    /// Makes a record for the span at `first`, on pages of its own, with all slots free. It is in no bin before slots of
    /// it are claimed. `None` when there is no memory for the record.
    pub fn add(&mut self, memory: &impl Metadata, first: PageIndex) -> Option<SpanId> {
        let id = self.heaps.add(memory)?;
        let heap = self.heaps.get_mut(id)?;
        *heap = MiniHeap::solo(first, id);
        self.spans += 1;
        self.units += 1;
        self.made += 1;
        self.peak = self.peak.max(self.spans);
        Some(SpanId(id))
    }

    /// The fullest unit worth refilling from; among equals one that `owner` owns.
    pub fn fullest(&self, owner: OwnerId) -> Option<SpanId> {
        self.bins
            .fullest(&self.heaps, |heap| heap.owner() == owner)
            .map(SpanId)
    }

    /// Marks free slots of a unit as in use, at its leader's addresses, on behalf of `owner`.
    pub fn claim(&mut self, unit: SpanId, slots: &SlotSet, owner: OwnerId) {
        let Some(heap) = self.heaps.get_mut(unit.0) else {
            return;
        };
        debug_assert!(heap.state == State::Unit && heap.live.is_disjoint(slots.bits()));
        heap.live = heap.live.union(slots.bits());
        heap.set_owner(owner);
        heap.count += slots.len() as u16;
        if let Some(group) = heap.group().and_then(|group| self.groups.get_mut(group.0)) {
            debug_assert!(group.live.is_disjoint(slots.bits()));
            group.live = group.live.union(slots.bits());
        }
        self.live += slots.len();
        self.rebin(unit.0);
    }

    /// Marks slots, handed out at the addresses of `id`, as free.
    #[inline]
    pub fn release(&mut self, id: SpanId, slots: &SlotSet) -> Released {
        let nothing = Released {
            freed: SlotSet::EMPTY,
            emptied: false,
        };
        let Some(heap) = self.heaps.get_mut(id.0) else {
            return nothing;
        };
        let freed = slots.intersection(&heap.live);
        if freed.is_empty() {
            return nothing;
        }
        heap.live = heap.live.without(freed.bits());
        self.live -= freed.len();
        let kept = Released { freed, ..nothing };
        if heap.group().is_some() {
            self.release_in_group(id.0, &freed);
            return kept;
        }
        heap.count -= freed.len() as u16;
        if heap.count == 0 {
            self.bins.remove(&mut self.heaps, id.0);
            return Released {
                emptied: true,
                ..kept
            };
        }
        if Bins::bin_for(heap.count, &self.geometry) != heap.bin {
            self.rebin(id.0);
        }
        kept
    }

    /// The rest of a release at the addresses of a group's member.
    fn release_in_group(&mut self, member: u32, freed: &SlotSet) {
        let unit = self.unit_of(member);
        let Some(heap) = self.heaps.get(member) else {
            return;
        };
        let drained = heap.live.is_empty();
        if let Some(group) = heap.group().and_then(|group| self.groups.get_mut(group.0)) {
            group.live = group.live.without(freed.bits());
        }
        if drained && member != unit {
            self.detach(member);
        }
        let Some(leader) = self.heaps.get_mut(unit) else {
            return;
        };
        leader.count -= freed.len() as u16;
        if leader.count == 0 {
            leader.state = State::Dead;
            self.bins.remove(&mut self.heaps, unit);
            self.dead.push(&mut self.heaps, unit);
        } else {
            self.rebin(unit);
        }
    }

    /// Takes out a span on pages of its own that has no slot in use, and returns its pages.
    pub fn remove(&mut self, id: SpanId) -> Option<Run> {
        let heap = self.get(id)?;
        if heap.state != State::Unit || heap.count != 0 || heap.group().is_some() {
            return None;
        }
        let run = self.run(id);
        self.units -= 1;
        self.retire(id.0);
        run
    }

    /// Puts the unit into the bin for its fullness.
    fn rebin(&mut self, unit: u32) {
        let Some(heap) = self.heaps.get(unit) else {
            return;
        };
        let bin = Bins::bin_for(heap.count, &self.geometry);
        if bin != heap.bin {
            self.bins.remove(&mut self.heaps, unit);
            if bin != UNLISTED {
                self.bins.insert(&mut self.heaps, unit, bin);
            }
        }
    }

    /// Returns a record to the unused ones.
    fn retire(&mut self, id: u32) {
        if let Some(heap) = self.heaps.get_mut(id) {
            heap.state = State::Unused;
            self.heaps.remove(id);
            self.spans -= 1;
        }
    }

    /// Bytes of records that [`trim`](Self::trim) could give back.
    pub fn idle_bytes(&self) -> usize {
        self.heaps.idle_bytes() + self.groups.idle_bytes()
    }

    /// Gives back the memory of records that nobody uses, in pages of so many bytes: of all, or where nobody did the last time either. Looks
    /// at a part of them, first at what is at the place `from`; returns the place to go on at, if there are more.
    pub fn trim(
        &mut self,
        memory: &impl Metadata,
        from: usize,
        page: usize,
        all: bool,
    ) -> Option<usize> {
        let heaps = self.heaps.trim(memory, from, page, all);
        let groups = self.groups.trim(memory, from, page, all);
        heaps.or(groups)
    }

    /// All units that have a bin and may be part of a mesh, the emptiest first, with the slots in use and the number of
    /// virtual spans: `u32::MAX` for those that may take others in but not move.
    pub fn units(&self) -> impl Iterator<Item = (SpanId, SpanBits, u32)> + '_ {
        self.bins
            .iter(&self.heaps)
            .filter_map(|unit| self.listed_unit(SpanId(unit)))
    }

    /// The unit `id` as one of the [units](Self::units), if it is one of them.
    pub fn listed_unit(&self, id: SpanId) -> Option<(SpanId, SpanBits, u32)> {
        let heap = self.heaps.get(id.0)?;
        if heap.state != State::Unit || heap.bin == UNLISTED || !heap.takes_others_in() {
            return None;
        }
        let group = heap.group().and_then(|group| self.groups.get(group.0));
        let (live, members) = group.map_or((heap.live, 1), |group| (group.live, group.members));
        let weight = if heap.pins == 0 { members } else { u32::MAX };
        Some((id, live, weight))
    }
}

#[cfg(test)]
mod tests;
