//! The suite, stamped on each variant. Nothing is live at the end of a case, and all but one variant have meshed.

use std::sync::Mutex;

use arena::SeemingPages;
use mesh::{
    ComplementMesher, Mesh, MeshOfThePaper, MeshOrdered, MeshPermuted, MeshWithoutMeshing, Meshed,
    Ordered, Permuted, Plain, SplitMesher,
};
use shadowheap::shared_heap_suite;

use crate::lent::{Idle, Lent, Meshing, Unmeshed};

/// The variants are what the suite is stamped on.
const _: fn(&Mesh) -> &Meshed<ComplementMesher> = |heap| heap;
const _: fn(&MeshWithoutMeshing) -> &Plain = |heap| heap;
const _: fn(&MeshOfThePaper) -> &Meshed<SplitMesher<64>> = |heap| heap;
const _: fn(&MeshPermuted) -> &Meshed<Permuted<ComplementMesher>> = |heap| heap;
const _: fn(&MeshOrdered) -> &Meshed<Ordered<ComplementMesher>> = |heap| heap;

static DEFAULT: Idle<Meshing<ComplementMesher>> = Mutex::new(Vec::new());
static WITHOUT: Idle<Unmeshed> = Mutex::new(Vec::new());
static PAPER: Idle<Meshing<SplitMesher<64>>> = Mutex::new(Vec::new());
static PERMUTED: Idle<Meshing<Permuted<ComplementMesher>>> = Mutex::new(Vec::new());
static PAGES_OF_16: Idle<Meshing<ComplementMesher, SeemingPages<{ 16 << 10 }>>> =
    Mutex::new(Vec::new());
static PAGES_OF_64: Idle<Meshing<ComplementMesher, SeemingPages<{ 64 << 10 }>>> =
    Mutex::new(Vec::new());
static ORDERED: Idle<Meshing<Ordered<ComplementMesher>>> = Mutex::new(Vec::new());

shared_heap_suite!(
    default,
    || Lent::from(&DEFAULT),
    thread_end = |heap| heap.leave(),
    at_end = |heap| heap.assert_unused()
);
shared_heap_suite!(
    without_meshing,
    || Lent::from(&WITHOUT),
    thread_end = |heap| heap.leave(),
    at_end = |heap| heap.assert_unused()
);
shared_heap_suite!(
    of_the_paper,
    || Lent::from(&PAPER),
    thread_end = |heap| heap.leave(),
    at_end = |heap| heap.assert_unused()
);
shared_heap_suite!(
    permuted,
    || Lent::from(&PERMUTED),
    thread_end = |heap| heap.leave(),
    at_end = |heap| heap.assert_unused()
);
shared_heap_suite!(
    ordered,
    || Lent::from(&ORDERED),
    thread_end = |heap| heap.leave(),
    at_end = |heap| heap.assert_unused()
);
shared_heap_suite!(
    on_pages_of_16_kib,
    || Lent::from(&PAGES_OF_16),
    thread_end = |heap| heap.leave(),
    at_end = |heap| heap.assert_unused()
);
shared_heap_suite!(
    on_pages_of_64_kib,
    || Lent::from(&PAGES_OF_64),
    thread_end = |heap| heap.leave(),
    at_end = |heap| heap.assert_unused()
);
