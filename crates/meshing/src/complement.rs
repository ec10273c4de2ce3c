//! The default search.

use core::num::NonZero;
use core::ops::ControlFlow;

use bitmap::SpanBits;

use crate::filling::Filling;
use crate::fullest_first::fullest_first;
use crate::index::{self, BLOCK, Index};
use crate::odds::{Odds, fullest_partner};
use crate::shard::{SHARD, Shard};
use crate::{Budget, Candidate, Merge, Mesher};

/// Best fit, fullest first: the fullest span that is left starts a group and takes in the fullest
/// span that fits into the complement of the group's live slots, again and again, until nothing
/// fits.
///
/// Full spans are hardest to place, so they choose first; and by taking what fits best they leave
/// the sparse spans, which fit nearly everywhere, to the others. Partners are found through an exact
/// index: among 8,192 spans none with a fair chance to fit is overlooked. More spans, or those for
/// which the budget is scarce, are searched in shards. Where there are hosts, each starts a group, and only others are taken in.
///
/// Scratch memory: one word for each span, and the index with one bit for each slot of at most 8,192
/// spans.
#[derive(Clone, Copy, Debug, Default)]
pub struct ComplementMesher;

impl Mesher for ComplementMesher {
    const MINDS_HOSTS: bool = true;

    fn scratch_words(spans: usize, slots: usize) -> usize {
        spans + Index::words(spans.min(SHARD), slots.min(SpanBits::BITS))
    }

    fn find(
        &mut self,
        spans: &[Candidate],
        slots: usize,
        scratch: &mut [u32],
        budget: &mut Budget,
        mut found: impl FnMut(Merge) -> ControlFlow<()>,
    ) {
        let slots = slots.min(SpanBits::BITS);
        if scratch.len() < Self::scratch_words(spans.len(), slots) || !budget.take(spans.len()) {
            return;
        }
        let Some((order, memory)) = scratch.split_at_mut_checked(spans.len()) else {
            return;
        };
        let len = fullest_first(spans, slots, order);
        let order = placeable(spans, slots, order.get(..len).unwrap_or_default());
        let Some(shards) = shards(order.len(), slots, budget) else {
            return;
        };
        let onto_hosts = spans.iter().any(|span| span.is_host);
        for first in 0..shards.get() {
            let shard = Shard::new(spans, order, first, shards);
            if search(&shard, slots, onto_hosts, memory, budget, &mut found).is_break() {
                return;
            }
        }
    }
}

/// Leaves out the spans at the front that are too full even for the sparsest one at the end.
fn placeable<'a>(spans: &[Candidate], slots: usize, order: &'a [u32]) -> &'a [u32] {
    let live = |span: u32| spans.get(span as usize).map_or(0, |span| span.live.len());
    let Some(&sparsest) = order.last() else {
        return order;
    };
    let most = fullest_partner(slots, live(sparsest));
    let first = order.partition_point(|&span| live(span) > most);
    order.get(first..).unwrap_or_default()
}

/// Into how many shards to divide the spans: enough that none has more than [`SHARD`] spans and that
/// the budget lasts for all of them. To look at fewer partners for every span finds more
/// than to look at all partners for a few.
///
/// A span reads about three columns of 16 slots for each block of its shard, five of 32, and √slots of
/// more: a little more than `mesh-bench search` shows at any occupancy.
fn shards(spans: usize, slots: usize, budget: &Budget) -> Option<NonZero<usize>> {
    let columns = slots.isqrt().min(slots / 5).max(1);
    let steps = NonZero::new((spans * columns) as u64)?;
    let blocks = (budget.left() / steps).clamp(1, (SHARD / BLOCK) as u64);
    let size = NonZero::new(blocks as usize * BLOCK)?;
    NonZero::new((spans + size.get() - 1) / size)
}

/// Groups the spans of one shard, or has them join its hosts.
fn search(
    shard: &Shard<'_>,
    slots: usize,
    onto_hosts: bool,
    memory: &mut [u32],
    budget: &mut Budget,
    found: &mut impl FnMut(Merge) -> ControlFlow<()>,
) -> ControlFlow<()> {
    if !budget.take(Index::columns(shard.len(), slots)) {
        return ControlFlow::Break(());
    }
    let mut index = Index::new(memory, slots, shard.live());
    let odds = Odds::new(slots, shard);
    let mut group = Filling::new();
    // Nobody takes a host in.
    shard.hosts().for_each(|host| index.place(host));
    for position in 0..shard.len() {
        let starts = match onto_hosts {
            true => shard.is_host(position),
            false => index.is_unplaced(position),
        };
        let Some((span, live)) = shard.get(position).filter(|_| starts) else {
            continue;
        };
        index.place(position);
        group.clear();
        group.add(span, live);
        // Without hosts all blocks before that of the first member are placed.
        let first = if onto_hosts { 0 } else { position / BLOCK };
        let grown = grow(&mut group, shard, &mut index, &odds, first, budget);
        group.merges(shard.spans()).try_for_each(&mut *found)?;
        grown?;
    }
    ControlFlow::Continue(())
}

/// Adds spans to the group, in one pass over the blocks: what did not fit before does not fit a
/// larger group. Breaks off when the budget is used up.
fn grow(
    group: &mut Filling,
    shard: &Shard<'_>,
    index: &mut Index<'_>,
    odds: &Odds,
    start: usize,
    budget: &mut Budget,
) -> ControlFlow<()> {
    let mut block = start.max(odds.first_block(group.slots().len()));
    while let Some(mut fitting) = index.unplaced(block) {
        let mut known = 0;
        loop {
            let slots = group.slots().get(known..).unwrap_or_default();
            known += slots.len();
            if !index.keep_free(block, slots, &mut fitting, budget) {
                return ControlFlow::Break(());
            }
            let Some(place) = index::first(&fitting) else {
                break;
            };
            let position = block * BLOCK + place;
            let Some((span, live)) = shard.get(position) else {
                break;
            };
            index.place(position);
            group.add(span, live);
        }
        block = odds.first_block(group.slots().len()).max(block + 1);
    }
    ControlFlow::Continue(())
}
