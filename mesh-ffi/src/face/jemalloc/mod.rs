//! jemalloc's names, which `libmesh-je.so` has for programs that call them. `libmesh.so` has none: programs that find them
//! believe that they run on jemalloc.
//!
//! * `blocks`: `mallocx` and its like; `flags`: what is asked for beside the size;
//! * `control`: `mallctl` and its like.

mod blocks;
mod control;
mod flags;
