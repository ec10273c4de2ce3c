//! What the program calls: the symbols of C and C++, what glibc offers to look at the heap, and `mesh_mallctl`.
//!
//! * `c`, `glibc`, `cxx`: the functions that allocate; `slow`: what they do when the thread's front end has no answer;
//! * `library`: those that the C library calls for itself; `serving`: what it does for the program with blocks that it keeps;
//! * `foreign`: blocks that are not ours; `plugins`: libraries that would find another allocator;
//! * `emergency`: what is done at the limit on memory;
//! * `introspection`, `mallctl`, `summary`: figures and switches; `output`: where they are written;
//! * `jemalloc`: jemalloc's names for it.

pub(crate) mod c;
pub(crate) mod cxx;
mod emergency;
pub(crate) mod foreign;
mod glibc;
mod introspection;
mod jemalloc;
pub(crate) mod library;
pub(crate) mod mallctl;
mod output;
pub(crate) mod plugins;
pub(crate) mod serving;
mod slow;
pub(crate) mod summary;
