//! Everything that can be asked of spans, compared with the model.

use std::collections::BTreeSet;

use bitmap::{SlotSet, SpanBits};
use heap::{OwnerId, PageIndex, SpanId};

use super::model::Place;
use super::pair::{Pair, bits};
use crate::MiniHeap;
use crate::fullness::BINS;

impl Pair {
    /// Compares everything that can be asked.
    pub(super) fn check(&self) {
        let (spans, model) = (&self.spans, &self.model);
        assert_eq!(spans.check(), Ok(()));
        assert_eq!(spans.spans(), model.spans.len());
        assert_eq!(spans.live(), model.live());
        assert_eq!(spans.physical_spans(), model.units().len());
        assert_eq!(spans.groups(), model.leaders().len());
        assert_eq!((spans.made(), spans.peak()), (self.made, self.peak));
        let leftovers = !model.dead().is_empty() || !model.detached().is_empty();
        assert_eq!(spans.has_leftovers(), leftovers);
        for (&id, span) in &model.spans {
            let record = spans.get(SpanId(id)).unwrap();
            assert_eq!(record.live(), &bits(&span.live));
            assert_eq!((record.first(), record.owner()), (span.first, span.owner));
            let grouped = matches!(span.place, Place::Leader | Place::Member(_));
            assert_eq!(record.group().is_some(), grouped);
            assert_eq!(spans.holds_objects(SpanId(id)), !span.live.is_empty());
            let in_a_unit = span.place != Place::Detached && !model.dead().contains(&id);
            let leader = in_a_unit.then(|| SpanId(model.unit_of(id)));
            assert_eq!(spans.leader(SpanId(id)), leader);
            for &keep in model.spans.keys() {
                let room = spans.has_room_for(SpanId(keep), SpanId(id));
                assert_eq!(room, model.has_room_for(keep, id));
            }
        }
        assert_eq!(
            spans.get(SpanId(spans.heaps.len())).map(MiniHeap::first),
            None
        );
        self.check_units();
        self.check_bins();
    }

    fn check_units(&self) {
        let (spans, model) = (&self.spans, &self.model);
        for unit in model.units() {
            let union = bits(&model.union(unit));
            assert_eq!(spans.union(SpanId(unit)), union);
            if !union.is_empty() {
                assert_eq!(spans.is_pinned(SpanId(unit)), model.is_pinned(unit));
            }
            let all = SpanBits::first(usize::from(self.slots()));
            let free: SlotSet = all.without(&union).into();
            assert_eq!(spans.free_slots(SpanId(unit)), free);
            let members: Vec<u32> = spans.members(SpanId(unit)).map(|id| id.0).collect();
            assert_eq!(members[0], unit);
            assert_eq!(members.len(), model.members(unit).len());
            assert_eq!(
                BTreeSet::from_iter(members.iter().copied()),
                model.members(unit)
            );
            let runs: Vec<PageIndex> = spans
                .member_runs(SpanId(unit))
                .map(|run| run.first)
                .collect();
            let expected = members.iter().map(|id| model.spans[id].first);
            assert_eq!(runs, Vec::from_iter(expected));
            if let Some(group) = spans.get(SpanId(unit)).unwrap().group() {
                let group = spans.group(group).unwrap();
                assert_eq!(group.home(), model.spans[&unit].first);
                assert_eq!(group.members() as usize, members.len());
            }
        }
        let leaders = spans.group_leaders().map(|(id, home)| (id.0, home));
        let expected = model
            .leaders()
            .into_iter()
            .map(|id| (id, model.spans[&id].first));
        assert_eq!(BTreeSet::from_iter(leaders), BTreeSet::from_iter(expected));
    }

    fn check_bins(&self) {
        let (spans, model, slots) = (&self.spans, &self.model, usize::from(self.slots()));
        // In no bin are empty units, and those with less than a sixteenth of their slots free.
        let listed = model.units().into_iter().filter(|&unit| {
            let free = slots - model.union(unit).len();
            free > 0 && free < slots && free * BINS >= slots
        });
        let listed: BTreeSet<u32> = listed.collect();
        let bin = |unit: u32| model.union(unit).len() * BINS / slots;
        let found: Vec<_> = spans.units().collect();
        let meshable = |unit: &&u32| model.takes_others_in(**unit);
        assert_eq!(found.len(), listed.iter().filter(meshable).count());
        for &(id, live, members) in &found {
            assert!(listed.contains(&id.0));
            assert_eq!(live, bits(&model.union(id.0)));
            let weight = match model.is_pinned(id.0) {
                true => u32::MAX as usize,
                false => model.members(id.0).len(),
            };
            assert_eq!(members as usize, weight);
        }
        assert!(found.is_sorted_by_key(|&(id, ..)| bin(id.0)));
        let top = listed.iter().map(|&unit| bin(unit)).max();
        let fullest: Vec<u32> = listed
            .into_iter()
            .filter(|&unit| Some(bin(unit)) == top)
            .collect();
        for owner in (1..4).map(OwnerId) {
            let chosen = spans.fullest(owner).map(|id| id.0);
            assert_eq!(chosen.map(bin), top);
            let owned = |&unit: &u32| model.spans[&unit].owner == owner;
            // Of a few units that are equally full, one that the taker owns is preferred.
            if fullest.len() <= 4 && fullest.iter().any(owned) {
                assert!(owned(&chosen.unwrap()));
            }
        }
    }
}
