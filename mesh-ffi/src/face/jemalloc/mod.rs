//! jemalloc's names.
//!
//! * `blocks`: `mallocx` and its like; `flags`: what is asked for beside the size;
//! * `control`: `mallctl` and its like, in `libmesh-je.so`. `libmesh.so` has none of these: programs that find them believe that they run on
//!   jemalloc.

mod blocks;
#[cfg(jemalloc_names)]
mod control;
mod flags;
