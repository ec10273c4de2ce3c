//! Faults on protected pages are ours; all others reach the program as if we were not there.
//!
//! While meshing may happen, our handler has SIGSEGV, and what the program asks for is kept in `wishes`. SIGSEGV is never
//! blocked in the kernel: a thread that writes to a protected page with the signal blocked would be killed. That the
//! *program* has it blocked is kept as the bit of another signal in the same mask, see `mask`.
//!
//! * `fault`: our handler, and what becomes of a fault that is not ours; `frame`: how the kernel calls it; `stacks`: where it runs;
//! * `action`: `sigaction` and its relatives; `wish`, `wishes`: what the program asked for; `child`: the same where a process shares its
//!   parent's memory;
//! * `handlers`, `installed`: what is known of the program's handlers, and of ours;
//! * `held`: signals held back in the middle of a call;
//! * `mask`: `sigprocmask` and its relatives;
//! * `waiting`: calls that wait for signals, or under another mask.

mod action;
mod child;
mod fault;
#[cfg_attr(target_arch = "aarch64", path = "frame/aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "frame/x86_64.rs")]
mod frame;
mod handlers;
mod held;
mod installed;
mod mask;
mod stacks;
mod waiting;
mod wish;
pub(crate) mod wishes;

use crate::ground::thread;

pub(crate) use handlers::{handlers_may_run, may_be_in_handler};
pub(crate) use held::{Enders, Held};
pub(crate) use mask::ForKernel;
pub(crate) use stacks::forget_others;
pub(crate) use wishes::{listen, still_ours};

/// Puts our handlers in place; says whether that worked.
pub(crate) fn install() -> bool {
    let installed = wishes::install(fault::handler_address());
    if installed {
        mask::adopt();
        // Threads of the C library begin with all signals blocked, and may call functions that use the program's heap.
        thread::begin_with(mask::adopt);
    }
    installed
}
