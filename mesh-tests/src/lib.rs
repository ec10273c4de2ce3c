//! Process tests: real programs behave with the preloaded library as they do without it.
//!
//! A test describes a program once, as a [`Run`]. A [`Case`] runs it without the library and then
//! under every [`Settings`] asked for, and compares what it wrote and how it ended. A small second
//! preloaded library, the [`witness`], notes for every process which file its `malloc` comes from,
//! so that no comparison is empty.
//!
//! Environment:
//! * `MESH_TEST_LIBRARY=/path/to/lib.so` tests another allocator in place of libmesh. What only
//!   libmesh can do (statistics, meshing, `mesh_mallctl`) fails then.
//! * `MESH_TEST_LONG=1` makes the long runs long: 60 seconds for each stress run, 30 minutes for
//!   the soak (`cargo test -p mesh-tests --test soak`).

pub mod artifact;
pub mod block;
pub mod cargo;
pub mod case;
pub mod compile;
mod group;
pub mod imports;
pub mod library;
pub mod physical;
pub mod recorder;
pub mod redis;
pub mod run;
pub mod scene;
pub mod settings;
pub mod statistics;
pub mod tool;
pub mod witness;

pub use case::Case;
pub use compile::{Linking, Program};
pub use group::ControlGroup;
pub use library::Library;
pub use run::{Outcome, Run};
pub use settings::Settings;

/// Whether the long form of the tests was asked for (`MESH_TEST_LONG=1`).
pub fn long_runs() -> bool {
    std::env::var_os("MESH_TEST_LONG").is_some_and(|value| value == "1")
}
