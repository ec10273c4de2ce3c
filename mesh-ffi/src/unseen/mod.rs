//! What the program does that concerns meshing, so that it notices nothing.
//!
//! * `signals`: faults on protected pages are ours, all other signals are the program's;
//! * `fork`: the child has meshed spans of its own; `system_calls`: `syscall`;
//! * `receiving`, `written`, `hazards`: what a system call may write to, published while it runs;
//! * `rest`, `threads`: what a thread keeps while it sleeps in such a call;
//! * `own_thread`, `absences`: a thread of ours, and calls that mind it;
//! * `pinning`, `shared_futexes`, `asynchronous`: what must not be meshed; `stop`: when nothing may.

mod absences;
pub(crate) mod asynchronous;
pub(crate) mod fork;
pub(crate) mod hazards;
pub(crate) mod own_thread;
pub(crate) mod pinning;
mod receiving;
pub(crate) mod rest;
mod shared_futexes;
pub(crate) mod signals;
pub(crate) mod stop;
mod system_calls;
mod threads;
pub(crate) mod written;
