//! The composed allocator, and its variants.
//!
//! Read from the outside in: a front end for each thread, over a heap that meshes the spans of the one below it, over pages.
//!
//! ```text
//!  Mesh = Threads<                  claimed slots, a stack for each size class
//!           MeshHeap<               the cycle, over a GlobalHeap: spans and large objects
//!             Arena<Linux>,         pages, labels, remapping
//!             ComplementMesher > >  which spans to mesh
//! ```
//!
//! The variants differ in one type each, so benchmarks and tests run them side by side. A thread finds its front end through a word
//! of its own: in `libmesh` that is part of `malloc`, in a Rust program it is the kit's `ThreadLocal`; see `examples/global_allocator.rs`.
#![cfg_attr(not(test), no_std)]

pub use arena::{Arena, BarrierChoice, BarrierTier, FailNth, Linux};
pub use globalheap::{CentralHeap, GlobalHeap, Ignore, Misuse, Report};
pub use heap::{Heap, LockedHeap, SizeClassHeap, ThreadLocalHeap};
pub use meshheap::{MeshHeap, MeshPolicy, MeshStats, Ordered, Permuted};
pub use meshing::{ComplementMesher, NoMesh, SplitMesher};
pub use threadheap::{Calls, ThreadHeap, Threads};

/// Everything below the thread's slot, with the search `M` and misuse reported to `R`.
pub type Meshed<M, R = Ignore> = Threads<MeshHeap<Arena<Linux>, M, R>>;

/// The same without the layer that meshes, which costs nothing then: objects lie in the order of addresses.
pub type Plain<R = Ignore> = Threads<GlobalHeap<Arena<Linux>, R>>;

/// How the allocator meshes. A stack with another one under this name makes a library of its own: see the workspace's directory
/// `variants`.
pub type Policy = ComplementMesher;

/// The system that pages come from.
pub type System = Linux;

/// The allocator.
pub type Mesh = Meshed<Policy>;

/// The allocator without meshing.
pub type MeshWithoutMeshing = Plain;

/// The allocator with the search of the paper (PLDI 2019, Figure 2, t = 64).
pub type MeshOfThePaper = Meshed<SplitMesher<64>>;

/// The allocator where the slots in use are a random set, whatever the program does: what lies beside an object cannot be told, at the
/// price of the order in which processors fetch ahead.
pub type MeshPermuted = Meshed<Permuted<ComplementMesher>>;

/// The allocator with objects in the order of addresses: most programs then have little that meshes.
pub type MeshOrdered = Meshed<Ordered<ComplementMesher>>;

/// A heap that hands out front ends ([`ThreadLocalHeap`]), over the running system. Meshing begins when the layer below is told so
/// ([`MeshHeap::enable_meshing`]).
pub const fn meshed<M: MeshPolicy, R: Report>() -> Meshed<M, R> {
    Threads::new(MeshHeap::new(Arena::new(Linux::new())))
}

/// The same without meshing, and so with huge pages where the system likes.
pub const fn plain<R: Report>() -> Plain<R> {
    Threads::new(GlobalHeap::new(Arena::new(Linux::new()).with_huge_pages()))
}
