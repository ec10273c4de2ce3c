//! Pages: the range all allocations come from, what each page holds, and the operations of a mesh.
//!
//! ```text
//!  base                                                             base + len
//!  | large objects -->  |            never used            |  <-- spans |
//!  +--------------------+----------------------------------+------------+
//!  ^ private anonymous pages; only meshed spans lie on shared ones
//!
//!  the window mirrors the arena: the shared pages of the span at offset x are at offset x of the window
//! ```
//!
//! [`Arena`] stacks these parts over an [`Os`]:
//!
//! * [`os`]: the system calls, and a wrapper that refuses some of them;
//! * `ranges`, `reserve`: the addresses, reserved as a whole and opened from both ends;
//! * `page_map`: the tables indexed by page;
//! * `run_store`: unused runs, merged with their neighbours;
//! * `decay`, `upkeep`: how many unused pages may stay, and where the others go;
//! * `spans`, `large`: runs for spans, and for large objects;
//! * `window`: the shared pages of meshed groups;
//! * `protection`: how writers are kept out while a span is remapped;
//! * `barrier`, `sharing`, `snapshot`: the steps of a mesh and of a fork;
//! * `remapping`: what they have in common;
//! * `ballast`: mappings kept to be given up when a step must not fail;
//! * `kernel_writes`, `hazards`: the pages that the kernel may write to;
//! * `metadata`: memory for records.
#![cfg_attr(not(test), no_std)]

mod arena;
mod aside;
mod ballast;
mod barrier;
mod decay;
mod ground;
mod hazards;
mod kernel_writes;
mod large;
mod metadata;
pub mod os;
mod page_map;
mod protection;
mod ranges;
mod remapping;
mod reserve;
mod run_store;
mod shared_pages;
mod sharing;
mod snapshot;
mod spans;
mod tuning;
mod upkeep;
mod window;

pub use arena::{Arena, ArenaStats};
pub use os::{FailNth, FutexLock, Linux, Os, SignalMask};
pub use protection::{BarrierChoice, BarrierTier, Why};
pub use sync::WriteBarrier;
