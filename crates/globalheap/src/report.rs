//! What is said about a program that misuses the heap.

/// A mistake of the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Misuse {
    /// The object was not in use.
    DoubleFree,
    /// No object starts at the address.
    NotAnObject,
}

/// Where misuse is reported. It must not allocate.
pub trait Report {
    /// The program passed `address` to `free` or a function like it.
    fn misuse(what: Misuse, address: usize);
}

/// Says nothing.
pub struct Ignore;

impl Report for Ignore {
    fn misuse(_what: Misuse, _address: usize) {}
}
