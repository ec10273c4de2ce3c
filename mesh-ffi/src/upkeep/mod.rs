//! What is done beside the program's work, and when: in waits and sleeps (`idle`), in a thread of ours (`background`), when a
//! signal asks for a map of the heap (`map`), or when memory is scarce (`pressure`); and figures are put where other processes read
//! them (`published`).

pub(crate) mod background;
pub(crate) mod figures;
pub(crate) mod idle;
pub(crate) mod map;
pub(crate) mod pressure;
pub(crate) mod published;
pub(crate) mod watcher;
