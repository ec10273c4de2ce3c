//! A heap profile: samples of allocations, taken by bytes, with copies of the stacks that made them.
//!
//! ```text
//!  an allocation ── Interval: is it sampled? ──► Stacks: the record of its stack, counted in it
//!                                            └─► Samples: its address, with that record
//!  a free ────────── Samples: was it sampled? ─► counted out of the record
//! ```
//!
//! * `interval`: which allocations are sampled, and how much each of them stands for;
//! * `samples`: the sampled blocks that live, by their addresses;
//! * `stacks`: a record for each stack, one behind the other in one piece of memory;
//! * `context`: where a stack was copied; `mix`: a hash of words; `layout`: where what lies in that piece; `image`: a copy of it, as another process or a file has it.
//!
//! Stacks are not unwound here: that is done by who reads the profile, with the tables of the program's files. Nothing here
//! allocates, waits, or holds a lock, so all of it may be called in a handler of signals, and in the child of a fork.
#![no_std]
#![forbid(unsafe_code)]

mod context;
mod image;
mod interval;
mod layout;
mod mix;
mod profile;
mod samples;
mod stacks;

pub use context::Context;
pub use image::{Image, Stack, Unreadable};
pub use interval::{Interval, Weight};
pub use layout::{HEADER_WORDS, Header, LARGEST_STACK, VERSION};
pub use mix::mix;
pub use profile::{Profile, Room, Taken};
pub use samples::{Sample, Samples};
pub use stacks::Stacks;

/// The name, among the dynamic symbols of the library, of the two words that say where the profile lies in its process, and how
/// many bytes of it there are room for: zeros where there is none.
pub const SYMBOL: &str = "mesh_heap_profile";
