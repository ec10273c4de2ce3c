//! Another process, as `/proc` and the memory of the library in it tell.
//!
//! * `files`: the process's files under `/proc`;
//! * `maps`: its mappings; `mapped`: which library is in it, and where;
//! * `symbol`, `block`: where the library keeps what others may read;
//! * `memory`: a copy of its figures; `profile`: one of its heap profile;
//! * `absence`: why there is none;
//! * `snapshot`: all of it at one moment.

mod absence;
mod block;
mod files;
mod mapped;
mod maps;
mod memory;
mod profile;
mod snapshot;
mod symbol;

pub(crate) use files::descendants;
pub(crate) use mapped::is_library;
pub(crate) use maps::Mapping;
pub(crate) use profile::{name, profile};
pub(crate) use snapshot::{Figures, Snapshot};
