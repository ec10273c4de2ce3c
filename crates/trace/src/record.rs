//! What a trace is made of.

/// The first bytes of every trace.
pub const MAGIC: [u8; 8] = *b"meshtrc\n";

/// The version of the format, in the byte after [`MAGIC`].
pub const VERSION: u8 = 1;

/// One event, when it was, and in which thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record {
    /// Milliseconds since the start of the trace; never less than in the record before.
    pub time: u64,
    /// The thread, counted from zero in the order in which threads appear. One that starts after another has ended may
    /// have its number.
    pub thread: u32,
    /// What it asked for, and got.
    pub event: Event,
}

/// A request that was granted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// A new object.
    Allocate {
        /// Its number: one that no live object has, and at most one more than the greatest so far.
        object: u32,
        /// Bytes asked for.
        size: u64,
        /// By which function.
        how: How,
    },
    /// `realloc` of a live object.
    Resize {
        /// Its number.
        object: u32,
        /// Bytes asked for.
        size: u64,
    },
    /// The end of an object.
    Free {
        /// Its number.
        object: u32,
    },
}

/// How an object was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// `malloc`.
    Plain,
    /// `calloc`.
    Zeroed,
    /// With an alignment of two to this power, below 64.
    Aligned(u8),
}

/// The lower bits of a record's first byte.
pub(crate) const KIND: u8 = 0x07;
pub(crate) const PLAIN: u8 = 0;
pub(crate) const ZEROED: u8 = 1;
pub(crate) const ALIGNED: u8 = 2;
pub(crate) const RESIZE: u8 = 3;
pub(crate) const FREE: u8 = 4;
/// Behind the last record.
pub(crate) const END: u8 = 7;

/// Flag: the time differs from that of the record before.
pub(crate) const TIME: u8 = 0x08;
/// Flag: so does the thread.
pub(crate) const THREAD: u8 = 0x10;
