//! The composed allocator, and its variants.
//!
//! Read from the outside in: a front end for each thread, over spans that are meshed, over pages.
//!
//! ```text
//!  Mesh = Threads<                claimed slots, a stack for each size class
//!           Arena<Linux>,         pages, labels, remapping
//!           ComplementMesher >    which spans to mesh
//! ```
//!
//! The variants differ in one type each, so benchmarks and tests run them side by side. A thread finds its front end through a word
//! of its own: in `libmesh` that is part of `malloc`, in a Rust program it is the kit's `ThreadLocal`; see `examples/global_allocator.rs`.
#![cfg_attr(not(test), no_std)]

pub use arena::{Arena, BarrierChoice, BarrierTier, FailNth, Linux};
pub use globalheap::{GlobalHeap, Ignore, MeshPolicy, Misuse, Ordered, Permuted, Report};
pub use heap::{Heap, LockedHeap, SizeClassHeap, ThreadLocalHeap};
pub use meshing::{ComplementMesher, NoMesh, SplitMesher};
pub use threadheap::{Calls, ThreadHeap, Threads};

/// Everything below the thread's slot, with the search `M` and misuse reported to `R`.
pub type Meshed<M, R = Ignore> = Threads<Arena<Linux>, M, R>;

/// How the allocator meshes. A stack with another one under this name makes a library of its own: see the workspace's directory
/// `variants`.
pub type Policy = ComplementMesher;

/// The allocator.
pub type Mesh = Meshed<Policy>;

/// The allocator without meshing.
pub type MeshWithoutMeshing = Meshed<NoMesh>;

/// The allocator with the search of the paper (PLDI 2019, Figure 2, t = 64).
pub type MeshOfThePaper = Meshed<SplitMesher<64>>;

/// The allocator where the slots in use are a random set, whatever the program does: what lies beside an object cannot be told, at the
/// price of the order in which processors fetch ahead.
pub type MeshPermuted = Meshed<Permuted<ComplementMesher>>;

/// The allocator with objects in the order of addresses: most programs then have little that meshes.
pub type MeshOrdered = Meshed<Ordered<ComplementMesher>>;

/// A heap that hands out front ends ([`ThreadLocalHeap`]), over the running system. Meshing begins when the global heap below is told so
/// ([`GlobalHeap::enable_meshing`]).
pub const fn meshed<M: MeshPolicy, R: Report>() -> Meshed<M, R> {
    Threads::new(GlobalHeap::new(Arena::new(Linux::new())))
}
