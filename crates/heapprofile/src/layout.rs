//! Where what lies in the memory of a profile: words of eight bytes.
//!
//! ```text
//!  header │ record │ record │ … │ unused
//!  record: length, stack and state │ counters │ registers │ hash │ stack, lowest word first
//! ```
//!
//! A file has the used part of it, and behind that the text of `/proc/self/maps`.

/// The version of the layout.
pub const VERSION: u64 = 1;

/// `meshprof`.
pub(crate) const MAGIC: u64 = u64::from_ne_bytes(*b"meshprof");

/// Words of the header.
pub const HEADER_WORDS: usize = 16;

/// The most bytes of a stack that a record has.
pub const LARGEST_STACK: usize = 64 << 10;

/// A word of the header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum Header {
    /// What the memory is.
    Magic,
    /// [`VERSION`].
    Version,
    /// The mean number of bytes from one sample to the next.
    Interval,
    /// Words in use, the header's among them.
    Used,
    /// The number of the process.
    Process,
    /// Where the program begins: an address in its main file.
    Entry,
    /// Samples that were not taken, for want of room.
    Dropped,
}

/// A word of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub(crate) enum Field {
    /// Words of the record; zero as long as there is none.
    Len,
    /// Words of the stack, and one for [`VALID`] if the record is whole.
    Stack,
    /// Sampled blocks that live.
    LiveSamples,
    /// Blocks that live, in parts of [`Weight::ONE`](crate::Weight::ONE).
    LiveBlocks,
    /// Their bytes.
    LiveBytes,
    /// All that were ever sampled.
    Samples,
    /// All blocks, in the same parts.
    Blocks,
    /// Their bytes.
    Bytes,
    /// The address of the instruction.
    Instruction,
    /// The stack pointer: the address of the first word of the stack.
    StackPointer,
    /// The frame pointer.
    FramePointer,
    /// The hash by which the record is found.
    Hash,
}

/// Words of a record before its stack.
pub(crate) const RECORD_WORDS: usize = Field::Hash as usize + 1;

/// Set in [`Field::Stack`] of a record that is whole, above the number of words.
pub(crate) const VALID: u64 = 1 << 32;

const _: () = assert!((Header::Dropped as usize) < HEADER_WORDS);
