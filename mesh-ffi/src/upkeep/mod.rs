//! What is done beside the program's work, and when: in waits and sleeps (`idle`), in a thread of ours (`background`), or when a
//! signal asks for a map of the heap (`map`).

pub(crate) mod background;
pub(crate) mod idle;
pub(crate) mod map;
