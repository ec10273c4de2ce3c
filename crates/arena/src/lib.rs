//! Pages: the range all allocations come from, what each page holds, and the operations of a mesh.
//!
//! ```text
//!                              <-- spans | large objects -->
//!  |     nothing is mapped   |///////////|///////////////|      nothing is mapped      |
//!  page 0                               middle
//!  private anonymous pages; only meshed spans lie on shared ones. Tables have fixed places too, and are mapped as far
//!  as the pages are: |labels|     |records|     |links|
//!
//!  the window mirrors the arena: the shared pages of the span at offset x are at offset x of the window
//! ```
//!
//! [`Arena`] stacks these parts over an [`Os`]:
//!
//! * [`os`]: the system calls, and a wrapper that refuses some of them;
//! * `site`: where all of it is; `frontier`, `segments`: how far it reaches by now;
//! * `page_map`, `table`: the tables indexed by page; `ground`: what is read without a lock, `state`: what is under one;
//! * `area`: the two sides; `run_store`: unused runs of each, merged with their neighbours;
//! * `low_water`, `upkeep`: which unused pages the program does without, and where they go;
//! * `spans`, `large`: runs for spans, and for large objects;
//! * `limit`: the most memory that the heap may take;
//! * `window`, `shared_pages`: the shared pages of meshed groups, and which spans are on them;
//! * `protection`: how writers are kept out while a span is remapped;
//! * `barrier`, `sharing`, `snapshot`: the steps of a mesh and of a fork;
//! * `remapping`: what they have in common;
//! * `ballast`: mappings kept to be given up when a step must not fail;
//! * `kernel_writes`, `hazards`: the pages that the kernel may write to;
//! * `metadata`: memory for records; `aside`: a stack for work that needs more than the program's may have.
#![cfg_attr(not(test), no_std)]

mod area;
mod arena;
mod aside;
mod ballast;
mod barrier;
mod frontier;
mod ground;
mod hazards;
mod huge_pages;
mod kernel_writes;
mod large;
mod limit;
mod low_water;
mod metadata;
mod names;
pub mod os;
mod page_map;
#[cfg(test)]
mod place;
mod protection;
mod remapping;
mod run_store;
mod segments;
mod shared_pages;
mod sharing;
mod site;
mod snapshot;
mod spans;
mod state;
mod table;
mod tuning;
mod upkeep;
mod window;

pub use arena::{Arena, ArenaStats};
pub use huge_pages::HugePages;
pub use os::{FailNth, FutexLock, Linux, LinuxWith, Os, OwnPages, SeemingPages, SignalMask};
pub use protection::{BarrierChoice, BarrierTier, Why};
pub use sync::WriteBarrier;
