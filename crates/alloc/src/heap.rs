//! The heap of this process.

use arena::{Arena, Linux};
use globalheap::Ignore;
use meshheap::MeshHeap;
use meshing::ComplementMesher;
use threadheap::{ThreadHeap, Threads};

/// What all threads share.
pub(crate) type Global = MeshHeap<Arena<Linux>, ComplementMesher, Ignore>;

/// A thread's front end.
pub(crate) type Front = ThreadHeap<Global>;

/// The heap of this process.
pub(crate) static HEAP: Threads<Global> = Threads::new(MeshHeap::new(Arena::new(Linux::new())));
