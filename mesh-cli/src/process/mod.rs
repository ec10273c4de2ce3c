//! Another process, as `/proc` and the memory of the library in it tell.
//!
//! * `files`: the process's files under `/proc`;
//! * `mapped`: which library is in it, and where;
//! * `symbol`: where the library's figures are;
//! * `memory`: a copy of them;
//! * `snapshot`: all of it at one moment.

mod files;
mod mapped;
mod memory;
mod snapshot;
mod symbol;

pub(crate) use files::descendants;
pub(crate) use snapshot::{Figures, Snapshot};
