//! Futexes that threads of this process wait at without FUTEX_PRIVATE_FLAG.
//!
//! The kernel knows a futex with that flag by its address. One without it is known by its physical page if that is shared
//! memory, and else by its address. After a mesh a private page is a shared one: who waits would not be found any more.
//! For the program a small object is private memory, where the flag makes no difference, so it is added on the way
//! (`FUTEX_WAIT`, `FUTEX_WAKE` and the like by `syscall`: those of libstdc++'s `future`, of liburcu, of Mesa).
//!
//! Where the other side is beyond our reach, or the kernel itself, the page is *marked* and its span pinned: waits there go as
//! they came (`marks`, `kept`). Whoever wakes looks for both kinds of waiters. A thread may wake for no reason, so one that
//! waits otherwise than it should from now on is woken and waits again.
//!
//! * `calls`: `futex` and its newer forms; `pairs`: those with two words; `raw`: the call itself;
//! * `between_processes`: the C library's locks that processes share.

mod between_processes;
pub(crate) mod calls;
pub(crate) mod kept;
pub(crate) mod marks;
mod pairs;
pub(crate) mod raw;
