//! What a recorder needs of the system.

/// Memory and a file.
pub trait System {
    /// `count` words, all zero, or `None` when there is no memory.
    fn words(&mut self, count: usize) -> Option<&'static mut [u64]>;

    /// Takes words back.
    fn give_back(&mut self, words: &'static mut [u64]);

    /// Appends `bytes` to the file; says whether all of them are there.
    fn append(&mut self, bytes: &[u8]) -> bool;
}
