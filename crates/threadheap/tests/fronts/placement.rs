//! In what order a new heap hands out the slots of its spans.

use std::alloc::Layout;

use arena::{Arena, FailNth};
use globalheap::Ignore;
use heap::{Heap, ThreadLocalHeap};
use meshheap::{MeshHeap, MeshPolicy, Ordered, Permuted};
use meshing::ComplementMesher;
use threadheap::Threads;

use crate::confined::Confined;
use crate::program::Pages;

/// The addresses of the first `count` objects of 64 bytes.
fn addresses<M: MeshPolicy>(count: usize) -> Vec<usize> {
    let pages: Pages = Arena::new(FailNth::new(Confined::to(64 << 20)));
    let heap: Box<Threads<MeshHeap<Pages, M, Ignore>>> =
        Box::new(Threads::new(MeshHeap::new(pages)));
    let mut front = heap.attach().expect("there is memory for a front end");
    let layout = Layout::from_size_align(64, 1).expect("a plain layout");
    let allocate = |_| {
        // SAFETY: attached, and nobody else has it.
        let object = unsafe { front.as_mut() }.allocate(layout);
        object.expect("there is memory").addr().get()
    };
    (0..count).map(allocate).collect()
}

/// How often the next object of a span lies below the one before, in each span. Spans of a page each.
fn falls(objects: &[usize]) -> Vec<usize> {
    let spans = objects.chunk_by(|one, next| one >> 12 == next >> 12);
    // The first refills take a part of a span each.
    spans
        .skip(1)
        .map(|span| span.windows(2).filter(|pair| pair[1] < pair[0]).count())
        .collect()
}

#[test]
fn spans_are_filled_in_order_from_a_random_slot_on_or_at_random() {
    let ordered = falls(&addresses::<Ordered<ComplementMesher>>(1000));
    assert!(ordered.iter().all(|&falls| falls == 0), "{ordered:?}");
    let rotated = falls(&addresses::<ComplementMesher>(1000));
    assert!(rotated.iter().all(|&falls| falls <= 1), "{rotated:?}");
    assert!(rotated.contains(&1), "{rotated:?}");
    let permuted = falls(&addresses::<Permuted<ComplementMesher>>(1000));
    assert!(permuted.iter().any(|&falls| falls > 1), "{permuted:?}");
}
