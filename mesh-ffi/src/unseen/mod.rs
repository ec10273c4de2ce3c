//! What the program does that concerns meshing, so that it notices nothing.
//!
//! * `signals`: faults on protected pages are ours, all other signals are the program's;
//! * `fork`: the child has meshed spans of its own; `system_calls`: `syscall`;
//! * `receiving`, `arguments`, `written`, `hazards`: what a system call may write to, published while it runs;
//! * `found`: what lets the kernel write without a call that was seen;
//! * `rest`, `threads`: what a thread keeps while it sleeps in such a call; `waits`: what it does there;
//! * `own_thread`, `absences`: a thread of ours, and calls that mind it;
//! * `pinning`, `futexes`, `registered`, `served`, `contexts`, `asynchronous`: what must not be meshed; `stop`: when nothing may.

mod absences;
mod arguments;
pub(crate) mod asynchronous;
mod contexts;
pub(crate) mod fork;
mod found;
mod futexes;
pub(crate) mod hazards;
pub(crate) mod own_thread;
pub(crate) mod pinning;
mod receiving;
mod registered;
pub(crate) mod rest;
mod served;
pub(crate) mod signals;
pub(crate) mod stop;
mod system_calls;
mod threads;
pub(crate) mod waits;
pub(crate) mod written;
