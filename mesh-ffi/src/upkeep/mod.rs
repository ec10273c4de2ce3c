//! What is done beside the program's work, and when: in waits and sleeps (`idle`), in a thread of ours (`background`), when a
//! signal asks for a map of the heap (`map`), or when memory is scarce (`pressure`).

pub(crate) mod background;
pub(crate) mod idle;
pub(crate) mod map;
pub(crate) mod pressure;
