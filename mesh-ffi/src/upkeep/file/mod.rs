//! Files that the library writes: maps of the heap, and profiles.
//!
//! * `output`: bytes on their way to a file;
//! * `path`: names, as the environment gives them, and as they become paths.

mod output;
mod path;

pub(super) use output::{BUFFER, Output, kind, remove, rename};
pub(super) use path::{Name, Path};
