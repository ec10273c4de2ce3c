//! A copy of a profile, from a file or the memory of another process.

use core::fmt;

use crate::interval::Weight;
use crate::layout::{Field, HEADER_WORDS, Header, MAGIC, RECORD_WORDS, VALID, VERSION};

/// Bytes of a word.
const WORD: usize = size_of::<u64>();

/// A copy of a profile.
#[derive(Clone, Copy)]
pub struct Image<'a> {
    /// The words in use.
    bytes: &'a [u8],
    /// What stands behind them.
    rest: &'a [u8],
}

/// Why bytes are no copy of a profile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unreadable {
    /// They do not begin like one.
    NotOne,
    /// It is of another version.
    Version(u64),
    /// It does not end where it says.
    Cut,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOne => to.write_str("this is no heap profile of Mesh"),
            Self::Version(version) => write!(
                to,
                "a heap profile of version {version}; this program reads version {VERSION}"
            ),
            Self::Cut => to.write_str("the heap profile is not whole"),
        }
    }
}

impl core::error::Error for Unreadable {}

/// A stack, and what was allocated there.
#[derive(Clone, Copy)]
pub struct Stack<'a> {
    record: &'a [u8],
    stack: &'a [u8],
}

impl<'a> Image<'a> {
    /// The copy in `bytes`, which may go on behind it.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Unreadable> {
        if word(bytes, Header::Magic as usize) != Some(MAGIC) {
            return Err(Unreadable::NotOne);
        }
        match word(bytes, Header::Version as usize) {
            Some(VERSION) => {}
            Some(version) => return Err(Unreadable::Version(version)),
            None => return Err(Unreadable::Cut),
        }
        let used = word(bytes, Header::Used as usize)
            .and_then(|words| usize::try_from(words).ok()?.checked_mul(WORD))
            .ok_or(Unreadable::Cut)?;
        let (bytes, rest) = bytes.split_at_checked(used).ok_or(Unreadable::Cut)?;
        Ok(Self { bytes, rest })
    }

    /// A word of the header.
    pub fn header(&self, which: Header) -> u64 {
        word(self.bytes, which as usize).unwrap_or(0)
    }

    /// What stands behind the profile: in a file the text of `/proc/self/maps`.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// All stacks. Their counters may be of slightly different moments.
    pub fn stacks(&self) -> impl Iterator<Item = Stack<'a>> {
        let mut left = self.bytes.get(HEADER_WORDS * WORD..).unwrap_or(&[]);
        let next = move || {
            let len = usize::try_from(word(left, Field::Len as usize)?).ok()?;
            let (record, rest) = left.split_at_checked(len.checked_mul(WORD)?)?;
            if len < RECORD_WORDS {
                return None;
            }
            left = rest;
            Some(record)
        };
        core::iter::from_fn(next).filter_map(Stack::new)
    }
}

impl<'a> Stack<'a> {
    /// The stack of a record, if it is whole.
    fn new(record: &'a [u8]) -> Option<Self> {
        let stack = word(record, Field::Stack as usize)?;
        let words = stack.checked_sub(VALID)?;
        let (record, stack) = record.split_at_checked(RECORD_WORDS * WORD)?;
        let stack = stack.get(..usize::try_from(words).ok()?.checked_mul(WORD)?)?;
        Some(Self { record, stack })
    }

    fn get(&self, field: Field) -> u64 {
        word(self.record, field as usize).unwrap_or(0)
    }

    /// A counter from which others subtract. All of them were set to zero meanwhile if it is below that.
    fn difference(&self, field: Field) -> u64 {
        u64::try_from(self.get(field).cast_signed()).unwrap_or(0)
    }

    /// Sampled blocks that live.
    pub fn live_samples(&self) -> u64 {
        self.difference(Field::LiveSamples)
    }

    /// Blocks that live, as far as samples can tell.
    pub fn live_blocks(&self) -> f64 {
        self.difference(Field::LiveBlocks) as f64 / Weight::ONE as f64
    }

    /// Bytes of those.
    pub fn live_bytes(&self) -> u64 {
        self.difference(Field::LiveBytes)
    }

    /// Blocks that were sampled.
    pub fn samples(&self) -> u64 {
        self.get(Field::Samples)
    }

    /// Blocks that were ever allocated, as far as samples can tell.
    pub fn blocks(&self) -> f64 {
        self.get(Field::Blocks) as f64 / Weight::ONE as f64
    }

    /// Bytes of those.
    pub fn bytes(&self) -> u64 {
        self.get(Field::Bytes)
    }

    /// The address of the instruction at which the stack was copied; zero where none was.
    pub fn instruction(&self) -> u64 {
        self.get(Field::Instruction)
    }

    /// The stack pointer there.
    pub fn stack_pointer(&self) -> u64 {
        self.get(Field::StackPointer)
    }

    /// The frame pointer there.
    pub fn frame_pointer(&self) -> u64 {
        self.get(Field::FramePointer)
    }

    /// Bytes of the stack that were copied.
    pub fn stack_bytes(&self) -> usize {
        self.stack.len()
    }

    /// The word at `address` of the stack, if it was copied.
    pub fn word(&self, address: u64) -> Option<u64> {
        let offset = address.checked_sub(self.stack_pointer())?;
        let offset = usize::try_from(offset).ok()?;
        if !offset.is_multiple_of(WORD) {
            return None;
        }
        word(self.stack, offset / WORD)
    }
}

fn word(bytes: &[u8], number: usize) -> Option<u64> {
    let start = number.checked_mul(WORD)?;
    let bytes = bytes.get(start..start.checked_add(WORD)?)?;
    Some(u64::from_ne_bytes(bytes.try_into().ok()?))
}
