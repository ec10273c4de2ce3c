//! Runs a search and carries out what it found, on the bitmaps.

use std::ops::ControlFlow;

use bitmap::SpanBits;
use meshing::{Budget, Candidate, Merge, Mesher};

/// What a search without limits finds.
pub(crate) fn search<M: Mesher>(mesher: &mut M, spans: &[Candidate], slots: usize) -> Vec<Merge> {
    let mut budget = Budget::UNBOUNDED;
    limited(
        mesher,
        spans,
        slots,
        &mut scratch::<M>(spans, slots),
        &mut budget,
        usize::MAX,
    )
}

/// Scratch memory of exactly the size asked for, with something in it.
pub(crate) fn scratch<M: Mesher>(spans: &[Candidate], slots: usize) -> Vec<u32> {
    vec![0xA5A5_A5A5; M::scratch_words(spans.len(), slots)]
}

/// What a search finds that is broken off after so many merges.
pub(crate) fn limited<M: Mesher>(
    mesher: &mut M,
    spans: &[Candidate],
    slots: usize,
    scratch: &mut [u32],
    budget: &mut Budget,
    most: usize,
) -> Vec<Merge> {
    let mut merges = Vec::new();
    mesher.find(spans, slots, scratch, budget, |merge| {
        assert!(merges.len() < most, "found more after it was broken off");
        merges.push(merge);
        if merges.len() == most {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    merges
}

/// The live slots on each span's pages after these merges, in order; `None` for those that joined
/// another.
///
/// # Panics
///
/// When a merge names a span that does not exist, that joined already, or that overlaps.
pub(crate) fn carry_out(spans: &[Candidate], merges: &[Merge]) -> Vec<Option<SpanBits>> {
    let mut pages: Vec<_> = spans.iter().map(|span| Some(span.live)).collect();
    for merge in merges {
        let joined = pages[merge.join as usize].take().expect("joins once");
        let kept = pages[merge.keep as usize]
            .as_mut()
            .expect("keep is still there");
        assert!(kept.is_disjoint(&joined), "{merge:?} overlaps");
        *kept = kept.union(&joined);
    }
    pages
}

/// Which spans ended up together: for each span, the one whose pages it is on.
pub(crate) fn homes(spans: &[Candidate], merges: &[Merge]) -> Vec<usize> {
    let mut homes: Vec<_> = (0..spans.len()).collect();
    for merge in merges {
        for home in &mut homes {
            if *home == merge.join as usize {
                *home = merge.keep as usize;
            }
        }
    }
    homes
}
