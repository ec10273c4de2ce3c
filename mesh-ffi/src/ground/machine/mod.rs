//! What several files need of the processor.
//!
//! * `instructions`: text of assembly, and a few instructions by themselves;
//! * `conventions`: how its kernel has system calls, and what files of code and the C library agree on.

#[cfg_attr(target_arch = "aarch64", path = "conventions/aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "conventions/x86_64.rs")]
mod conventions;
#[cfg_attr(target_arch = "aarch64", path = "instructions/aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "instructions/x86_64.rs")]
mod instructions;

pub(crate) use conventions::{CHILD_IN_CLONE, CLOCK_OF_KERNEL, chosen, only_here, relocations};
pub(crate) use instructions::{
    address_of_code, jump, jump_by, linked_address, registers, trap, two_addresses,
};
