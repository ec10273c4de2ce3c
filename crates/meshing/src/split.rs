//! The search of the paper.

use core::cell::Cell;
use core::ops::ControlFlow;

use rand_pcg::Pcg32;

use crate::candidate::meshable;
use crate::shuffle::shuffle;
use crate::{Budget, Candidate, Merge, Mesher};

/// SplitMesher (PLDI 2019, Figure 2): the spans are put into random order and split into two
/// halves; then each span of the left half is compared with `T` spans of the right half, one in
/// each round, and the two leave when they mesh. One pass, pairs only.
///
/// Expected quality is that of the paper's Lemma 5.3: with `T = k / q` for some `k > 1`, where `q`
/// is the chance that two random spans mesh, at least n (1 − e^(−2k)) / 4 pairs among n spans, with
/// a probability that approaches 1 as n ≥ 2k / q grows.
///
/// Scratch memory: one word for each span. Work: at most `T / 2 + 1` steps for each span.
#[derive(Clone, Debug)]
pub struct SplitMesher<const T: usize> {
    rng: Pcg32,
}

/// Takes the place of a span that left during the running round.
const GONE: u32 = u32::MAX;

impl<const T: usize> SplitMesher<T> {
    /// A search that takes its random order from `rng`.
    #[must_use]
    pub const fn new(rng: Pcg32) -> Self {
        Self { rng }
    }
}

impl<const T: usize> Mesher for SplitMesher<T> {
    fn scratch_words(spans: usize, _slots: usize) -> usize {
        spans
    }

    fn find(
        &mut self,
        spans: &[Candidate],
        slots: usize,
        scratch: &mut [u32],
        budget: &mut Budget,
        mut found: impl FnMut(Merge) -> ControlFlow<()>,
    ) {
        if scratch.len() < spans.len() || !budget.take(spans.len()) {
            return;
        }
        let mut len = 0;
        for (place, (span, _)) in scratch.iter_mut().zip(meshable(spans, slots)) {
            *place = span;
            len += 1;
        }
        let order = scratch.get_mut(..len).unwrap_or_default();
        shuffle(order, &mut self.rng);

        // Of an odd number of spans the last one stays alone.
        let mut halves = order.chunks_exact_mut((len / 2).max(1));
        let mut left = halves.next().unwrap_or_default();
        let mut right = halves.next().unwrap_or_default();
        for round in 0..T {
            let shift = round.checked_rem(left.len()).unwrap_or(0);
            let Some((head, tail)) = right.split_at_mut_checked(shift) else {
                return;
            };
            for (l, r) in left.iter_mut().zip(tail.iter_mut().chain(head)) {
                if !budget.take(1) {
                    return;
                }
                let Some(merge) = pair(spans, *l, *r) else {
                    continue;
                };
                (*l, *r) = (GONE, GONE);
                if found(merge).is_break() {
                    return;
                }
            }
            left = without_gaps(left);
            right = without_gaps(right);
        }
    }
}

/// The merge of these two, if they mesh.
fn pair(spans: &[Candidate], a: u32, b: u32) -> Option<Merge> {
    let (one, other) = (spans.get(a as usize)?, spans.get(b as usize)?);
    if !one.live.is_disjoint(&other.live) {
        return None;
    }
    Some(if one.moving_cost() < other.moving_cost() {
        Merge { keep: b, join: a }
    } else {
        Merge { keep: a, join: b }
    })
}

/// Moves those that are still there to the front, in the same order.
fn without_gaps(half: &mut [u32]) -> &mut [u32] {
    let mut kept = 0;
    let places = Cell::from_mut(&mut *half).as_slice_of_cells();
    for span in places.iter().map(Cell::get).filter(|&span| span != GONE) {
        if let Some(place) = places.get(kept) {
            place.set(span);
            kept += 1;
        }
    }
    half.get_mut(..kept).unwrap_or_default()
}
