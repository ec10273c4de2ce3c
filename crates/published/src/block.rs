//! Where the figures lie in the memory of the process that publishes them.

use core::mem::offset_of;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use crate::figure::{Class, ClassFigure, Figure, Text};

/// `meshblk` and a zero byte.
pub(crate) const MAGIC: u64 = u64::from_ne_bytes(*b"meshblk\0");

/// The version of the layout, and of the figures.
pub const VERSION: u32 = 1;

/// Size classes that there is room for.
pub const CLASSES: usize = 96;

/// Words of eight bytes that a text has; the last byte is zero.
pub(crate) const TEXT_WORDS: usize = 8;

/// Bytes of the block.
pub const SIZE: usize = size_of::<Block>();

/// Where in the block the sequence is, in bytes.
pub const SEQUENCE_OFFSET: usize = offset_of!(Block, sequence);

/// What is published. All zeros before the first time, so that it costs no page until then.
///
/// ```text
///  0      8        12    16        24       240    432       bytes
///  magic  version  size  sequence  figures  texts  classes
/// ```
#[repr(C)]
pub struct Block {
    magic: AtomicU64,
    version: AtomicU32,
    size: AtomicU32,
    /// Odd while somebody writes.
    sequence: AtomicU64,
    figures: [AtomicU64; Figure::COUNT],
    texts: [[AtomicU64; TEXT_WORDS]; Text::COUNT],
    classes: [[AtomicU64; ClassFigure::COUNT]; CLASSES],
}

const _: () = assert!(SEQUENCE_OFFSET == 16);
const _: () = assert!(offset_of!(Block, figures) == FIGURES);
const _: () = assert!(offset_of!(Block, texts) == TEXTS);
const _: () = assert!(offset_of!(Block, classes) == ROWS);

pub(crate) const FIGURES: usize = 24;
pub(crate) const TEXTS: usize = 240;
pub(crate) const ROWS: usize = 432;

/// The block while one thread writes to it.
pub struct Writer<'a>(&'a Block);

impl Default for Block {
    fn default() -> Self {
        Self::new()
    }
}

impl Block {
    /// Nothing is published yet.
    pub const fn new() -> Self {
        Self {
            magic: AtomicU64::new(0),
            version: AtomicU32::new(0),
            size: AtomicU32::new(0),
            sequence: AtomicU64::new(0),
            figures: [const { AtomicU64::new(0) }; Figure::COUNT],
            texts: [const { [const { AtomicU64::new(0) }; TEXT_WORDS] }; Text::COUNT],
            classes: [const { [const { AtomicU64::new(0) }; ClassFigure::COUNT] }; CLASSES],
        }
    }

    /// Has `write` replace what is published. One thread at a time may do so: of two at once the second would make a copy look whole
    /// that is not.
    pub fn publish(&self, write: impl FnOnce(&Writer<'_>)) {
        // The child of a fork may have been born with an odd one: its parent was at it.
        let odd = self.sequence.load(Ordering::Relaxed) | 1;
        self.sequence.store(odd, Ordering::Relaxed);
        // With the reader's second look at the sequence: whoever sees something of what follows sees the odd one, or a later one.
        fence(Ordering::Release);
        write(&Writer(self));
        self.version.store(VERSION, Ordering::Relaxed);
        self.size.store(SIZE as u32, Ordering::Relaxed);
        self.magic.store(MAGIC, Ordering::Relaxed);
        // With the reader's first look at the sequence.
        self.sequence.store(odd.wrapping_add(1), Ordering::Release);
    }

    #[cfg(test)]
    pub(crate) fn sequence_for_test(&self, sequence: u64) {
        self.sequence.store(sequence, Ordering::Relaxed);
    }

    /// Its words in the order in which they lie, as another process copies them.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        let (version, size) = (&self.version, &self.size);
        let mut at = 0;
        let mut put = |word: &[u8]| {
            bytes[at..at + word.len()].copy_from_slice(word);
            at += word.len();
        };
        let long = |word: &AtomicU64| word.load(Ordering::Relaxed).to_ne_bytes();
        put(&long(&self.magic));
        put(&version.load(Ordering::Relaxed).to_ne_bytes());
        put(&size.load(Ordering::Relaxed).to_ne_bytes());
        put(&long(&self.sequence));
        let texts = self.texts.iter().flatten();
        let classes = self.classes.iter().flatten();
        for word in self.figures.iter().chain(texts).chain(classes) {
            put(&long(word));
        }
        assert_eq!(at, SIZE);
        bytes
    }
}

impl Writer<'_> {
    /// Sets a figure.
    pub fn figure(&self, which: Figure, value: u64) {
        if let Some(word) = self.0.figures.get(which.index()) {
            word.store(value, Ordering::Relaxed);
        }
    }

    /// Sets a text. What there is no room for is cut.
    pub fn text(&self, which: Text, value: &str) {
        let Some(words) = self.0.texts.get(which.index()) else {
            return;
        };
        let most = TEXT_WORDS * size_of::<u64>() - 1;
        let mut bytes = value.as_bytes().iter().take(most);
        for word in words {
            let mut next = [0; size_of::<u64>()];
            for (place, &byte) in next.iter_mut().zip(&mut bytes) {
                *place = byte;
            }
            word.store(u64::from_ne_bytes(next), Ordering::Relaxed);
        }
    }

    /// Sets the row of the size class of this number, if there is room for it.
    pub fn class(&self, number: usize, class: &Class) {
        if let Some(row) = self.0.classes.get(number) {
            for (word, &value) in row.iter().zip(&class.0) {
                word.store(value, Ordering::Relaxed);
            }
        }
    }
}
