//! `syscall`: the calls that concern meshing, by number.

#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
mod entry;
mod special;
