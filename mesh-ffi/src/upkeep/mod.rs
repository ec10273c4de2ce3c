//! What is done beside the program's work, and when: in waits and sleeps (`idle`), in a thread of ours (`background`), when a
//! signal asks for it (`asked`; `watch`: waits that it ends), or when memory is scarce (`pressure`). What is written to files (`file`):
//! maps of the heap (`map`), and heap profiles (`profile`). Figures are put where other processes read them (`published`).

mod asked;
pub(crate) mod background;
pub(crate) mod figures;
mod file;
pub(crate) mod idle;
pub(crate) mod map;
pub(crate) mod pressure;
pub(crate) mod profile;
pub(crate) mod published;
mod watch;
pub(crate) mod watcher;
