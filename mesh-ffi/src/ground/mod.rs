//! What everything stands on.
//!
//! * `heap`: the heap of this process; `tls`, `thread`: the calling thread's word, and its front end; `process`: which one this is;
//! * `next`: the functions that we stand in front of; `errno`, `line`, `write`, `pause`;
//! * `peek`, `reach`: memory of the program that may not be there;
//! * `request`: what a signal asks for.

pub(crate) mod errno;
pub(crate) mod heap;
pub(crate) mod line;
mod loaded;
pub(crate) mod next;
pub(crate) mod pause;
pub(crate) mod peek;
pub(crate) mod process;
pub(crate) mod reach;
pub(crate) mod request;
pub(crate) mod thread;
pub(crate) mod tls;
pub(crate) mod write;
