//! What everything stands on.
//!
//! * `machine`: instructions of the processor;
//! * `heap`: the heap of this process; `tls`, `thread`: the calling thread's word, and its front end; `process`: which one this is;
//! * `apart`: what is never meshed, since not the program writes to it; `only_shared`: names that are ours in `libmesh.so` only;
//! * `loaded`, `resolved`, `late`, `next`: the functions that we stand in front of, and the C library's own; `system`, `bytes`,
//!   `signal_set`, `clock`: what we do without them; `alone`: what a static program has in their place; `single`: whether there is one thread; `errno`, `line`, `write`, `pause`;
//! * `misuse`: what becomes of a program that misuses the heap; `loader`: which memory is the loader's;
//! * `files`: files of the kernel, and of settings; `barrier`: the write barrier in words;
//! * `reach`: memory of the program that may not be there;
//! * `request`: what a signal asks for, or the child of a fork.

pub(crate) mod alone;
pub(crate) mod apart;
pub(crate) mod barrier;
pub(crate) mod bytes;
pub(crate) mod clock;
pub(crate) mod errno;
pub(crate) mod files;
pub(crate) mod heap;
pub(crate) mod late;
pub(crate) mod line;
pub(crate) mod loaded;
pub(crate) mod loader;
pub(crate) mod machine;
pub(crate) mod misuse;
pub(crate) mod next;
pub(crate) mod only_shared;
pub(crate) mod pause;
pub(crate) mod process;
pub(crate) mod reach;
pub(crate) mod request;
pub(crate) mod resolved;
pub(crate) mod signal_set;
pub(crate) mod single;
pub(crate) mod system;
pub(crate) mod thread;
pub(crate) mod tls;
pub(crate) mod write;
