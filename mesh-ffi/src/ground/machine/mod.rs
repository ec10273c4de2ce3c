//! What several files need of the processor: instructions, and how its kernel has system calls.

#[cfg_attr(target_arch = "x86_64", path = "x86_64_calls.rs")]
mod calls;
#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
mod instructions;

pub(crate) use calls::{CHILD_IN_CLONE, only_here};
pub(crate) use instructions::{jump, jump_by, linked_address, registers, trap, two_addresses};
