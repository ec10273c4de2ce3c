//! In what order a new heap hands out the slots of its spans.

use std::alloc::Layout;

use arena::{Arena, FailNth};
use globalheap::Ignore;
use heap::{Heap, ThreadLocalHeap};
use meshheap::{MeshHeap, MeshPolicy, Ordered};
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

#[test]
fn in_the_order_of_addresses_or_not() {
    // Spans of a page each.
    let has_order = |objects: &[usize]| {
        let mut spans = objects.chunk_by(|one, next| one >> 12 == next >> 12);
        spans.all(|span| span.is_sorted())
    };
    let ordered = addresses::<Ordered<ComplementMesher>>(1000);
    assert!(has_order(&ordered), "{ordered:x?}");
    let random = addresses::<ComplementMesher>(1000);
    assert!(!has_order(&random), "{random:x?}");
}
