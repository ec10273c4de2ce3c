//! The stack, over locks that record who held them for how long.
//!
//! `LD_PRELOAD=libmesh_timed.so MESH_LOCKS=FILE program`. Nothing else differs from `libmesh.so`. The format of the file is in `record.rs`;
//! `mesh-bench scale` reads it.
#![no_std]

mod clock;
mod lock;
#[cfg_attr(target_arch = "aarch64", path = "machine/aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "machine/x86_64.rs")]
mod machine;
mod marks;
mod record;
mod recorder;
mod start;

use arena::LinuxWith;
pub use mesh::*;

pub use lock::RecordedLock;

/// Linux, with locks that record.
pub type System = LinuxWith<RecordedLock>;

/// The allocator over that system.
pub type Meshed<M, R = Ignore> = Threads<MeshHeap<Arena<System>, M, R>>;

/// As [`mesh::meshed`].
pub const fn meshed<M: MeshPolicy, R: Report>() -> Meshed<M, R> {
    Threads::new(MeshHeap::new(Arena::new(System::new())))
}
