//! Spans that others are to join, chosen side by side.
//!
//! Most of what a mesh costs is to put the span that keeps its pages onto shared ones: its page has to be had, and a mapping of its own
//! with two borders. A whole *block* of neighbours costs hardly more than one of them, and is one mapping. So where many
//! spans of a class can be meshed, those that others join, the *hosts*, are those of some blocks, and those that join them the others: all
//! of a block's spans are put onto shared pages before the first is joined. Which blocks these are follows from their
//! addresses and their number alone, so they hardly change from cycle to cycle.

use globalheap::Report;
use heap::{PageHeap, PageIndex, SizeClass, SpanId};
use meshing::{Candidate, Merge};
use miniheap::{Geometry, Spans};

use crate::mesh_heap::MeshHeap;
use crate::moves::Move;
use crate::policy::MeshPolicy;
use crate::stretch::{Each, stretches, whole};
use crate::tuning::{
    HOST_BLOCK, HOSTS_PERCENT, LEAST_HOSTS, LEAST_SLOTS_OF_HOSTS, WORTHWHILE_HOSTS,
};

/// Of so many blocks the share of those with hosts is told.
const PARTS: usize = 64;

/// Multiplied with it, the numbers of blocks become evenly spread, whatever steps they go in (2⁶⁴ divided by the golden ratio).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Which spans of a class on private pages are to be hosts.
#[derive(Clone, Copy)]
pub(crate) struct Hosts {
    /// The blocks that are, of `PARTS`.
    parts: u64,
}

impl Hosts {
    /// For the spans of one class: as many as they would need if others joined them as far as there are slots. `None` where single spans
    /// will do.
    fn of(spans: &Spans) -> Option<Self> {
        let slots = usize::from(spans.geometry().slots);
        let (physical, shared) = (spans.physical_spans(), spans.groups());
        let private = physical.checked_sub(shared)?;
        // Of two that mesh one is a host.
        let wanted = (spans.live() * HOSTS_PERCENT / 100 / slots).min(physical / 2);
        let wanted = wanted.saturating_sub(shared);
        let is_worthwhile = slots >= LEAST_SLOTS_OF_HOSTS && wanted >= LEAST_HOSTS;
        is_worthwhile.then(|| Self {
            parts: (wanted * PARTS / private) as u64,
        })
    }

    /// The unit `id` as a candidate that is a host or joins one: it is a host if it is on shared pages, or in a block that will be. `None`
    /// if it cannot move, and is neither.
    pub(crate) fn told_apart(
        self,
        spans: &Spans,
        id: SpanId,
        unit: Candidate,
    ) -> Option<Candidate> {
        let is_shared = spans.get(id)?.group().is_some();
        let is_host = is_shared || self.has(spans.run(id)?.first);
        let may_be = is_host || unit.weight < u16::MAX;
        may_be.then_some(Candidate { is_host, ..unit })
    }

    /// Whether a span at `first` is in a block of hosts.
    fn has(self, first: PageIndex) -> bool {
        let block = (first.index() / HOST_BLOCK) as u64;
        block.wrapping_mul(SPREAD) >> (u64::BITS - PARTS.ilog2()) < self.parts
    }
}

/// Puts merges whose hosts are neighbours side by side, and drops those of blocks in which so few hosts are joined that it costs less to
/// share these one by one. Candidates are named by their first pages, counted from `origin`. Returns how many are left.
pub(crate) fn worthwhile(
    candidates: &[Candidate],
    origin: PageIndex,
    geometry: &Geometry,
    merges: &mut [Merge],
) -> usize {
    let page = |merge: &Merge| {
        let host = candidates.get(merge.keep as usize);
        origin.index() + host.map_or(0, |host| host.tag as usize)
    };
    heap::sort_by_key(merges, |merge| (page(merge), merge.keep));
    let least = (WORTHWHILE_HOSTS / geometry.pages.index()).max(2);
    let (mut kept, mut at) = (0, 0);
    while let Some(first) = merges.get(at) {
        let block = page(first) / HOST_BLOCK;
        let is_here = |merge: &&Merge| page(merge) / HOST_BLOCK == block;
        let end = at + merges[at..].iter().take_while(is_here).count();
        let hosts = merges[at..end].chunk_by(|one, other| one.keep == other.keep);
        if hosts.count() >= least {
            merges.copy_within(at..end, kept);
            kept += end - at;
        }
        at = end;
    }
    kept
}

impl<P: PageHeap, M: MeshPolicy, R: Report> MeshHeap<P, M, R> {
    /// The hosts of a class; `None` where single spans will do, or the search is none for hosts.
    pub(crate) fn hosts(&self, class: SizeClass) -> Option<Hosts> {
        M::MINDS_HOSTS.then(|| Hosts::of(&self.class(class)))?
    }

    /// Puts the block of the unit `host` onto the shared pages that it names, all at once, if `join` is to join the unit. Where that is refused
    /// everything stays as it was.
    pub(crate) fn share_block(&self, spans: &mut Spans, host: SpanId, join: SpanId) {
        if self.sharing(spans, host).is_none() || !spans.can_mesh(host, join) {
            return;
        }
        let units = self.block_of(spans, host);
        for stretch in stretches(&units) {
            let stretch = units.get(stretch).unwrap_or_default();
            let to_share = whole(stretch).map_or(0, |(run, _)| self.pages().mappings_to_share(run));
            if self.can_afford(to_share, 0) && self.pages().mappings_permit() {
                // Refused, each host is shared by itself when it is joined.
                let _ = self.share_all(spans, stretch);
            }
        }
    }

    /// The units of a host's block that may be put onto shared pages, and are on none.
    fn block_of(&self, spans: &Spans, host: SpanId) -> Each<Move> {
        let Some(run) = spans.run(host) else {
            return [None; _];
        };
        let start = run.first.index() / HOST_BLOCK * HOST_BLOCK;
        let before = (run.first.index() - start) / run.pages.index();
        core::array::from_fn(|at| {
            let unit = self.beside(spans, host, at as isize - before as isize)?;
            let first = spans.run(unit)?.first.index();
            let may_be_shared = (start..start + HOST_BLOCK).contains(&first)
                && spans.listed_unit(unit).is_some()
                && !self.is_to_be_shared_and_named(spans, unit);
            may_be_shared.then(|| self.sharing(spans, unit))?
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitmap::SpanBits;
    use heap::{ClassMap, Grain, PageCount};
    use miniheap::SpanClasses;

    #[test]
    fn hosts_are_as_many_as_wanted_whatever_steps_blocks_go_in() {
        for parts in [4, 20, 32] {
            for step in 1..=64 {
                let block =
                    |number: usize| PageIndex(HOST_BLOCK * step * number + number % HOST_BLOCK);
                let hosts = (0..4_096).filter(|&number| Hosts { parts }.has(block(number)));
                let percent = hosts.count() * 100 * PARTS / (4_096 * parts as usize);
                assert!(
                    (80..=120).contains(&percent),
                    "{parts} in steps of {step}: {percent} %"
                );
            }
        }
    }

    #[test]
    fn blocks_in_which_few_hosts_are_joined_are_dropped() {
        let origin = PageIndex(3 * HOST_BLOCK + 5);
        let first = |block: usize, page: usize| (block * HOST_BLOCK + page - origin.index()) as u32;
        let pages = [
            (9, 15),
            (4, 0),
            (9, 0),
            (7, 3),
            (9, 4),
            (4, 1),
            (9, 8),
            (4, 2),
        ];
        let host = |(block, page)| Candidate {
            live: SpanBits::first(1),
            tag: first(block, page),
            weight: 1,
            is_host: true,
        };
        let candidates: Vec<_> = pages.into_iter().map(host).collect();
        // Of block 9 four hosts are joined, of block 4 three, and one of them twice; of block 7 one.
        let keeps = [0, 1, 2, 3, 4, 5, 6, 7, 1, 0];
        let mut merges: Vec<_> = (100..)
            .zip(keeps)
            .map(|(join, keep)| Merge { keep, join })
            .collect();
        let geometry = *SpanClasses::geometry(SpanClasses::class_of(512).unwrap(), Grain::PAGE);
        assert_eq!(geometry.pages, PageCount(1));
        let kept = worthwhile(&candidates, origin, &geometry, &mut merges);
        let mut left: Vec<_> = merges[..kept]
            .iter()
            .map(|merge| (merge.keep, merge.join))
            .collect();
        let hosts: Vec<_> = left.iter().map(|&(keep, _)| keep).collect();
        assert_eq!(hosts, [2, 4, 6, 0, 0], "in the order of their addresses");
        left.sort_unstable();
        assert_eq!(left, [(0, 100), (0, 109), (2, 102), (4, 104), (6, 106)]);
        assert_eq!(worthwhile(&candidates, origin, &geometry, &mut []), 0);
    }
}
