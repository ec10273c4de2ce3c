//! `syscall`: each call as the function of the C library that we stand in front of, by number.
//!
//! * `entry`: plain calls go to the kernel from there; `routes`: which these are;
//! * `special`: all others; `writes`: what they may write to.

#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
mod entry;
mod routes;
mod special;
mod writes;
