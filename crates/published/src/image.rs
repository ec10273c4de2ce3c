//! A copy of a block, made by another process.

use core::fmt;

use crate::block::{
    CLASSES, FIGURES, MAGIC, ROWS, SEQUENCE_OFFSET, SIZE, TEXT_WORDS, TEXTS, VERSION,
};
use crate::figure::{Class, ClassFigure, Figure, Text};

/// Bytes of a word.
const WORD: usize = size_of::<u64>();

/// Why a copy says nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unreadable {
    /// Nothing was published so far.
    Empty,
    /// It was written to meanwhile: another copy may do.
    Torn,
    /// The layout is another one, of this version.
    Version(u32),
    /// These bytes are no block.
    Foreign,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("nothing has been published yet"),
            Self::Torn => f.write_str("it was written to while it was read"),
            Self::Version(version) => {
                write!(f, "version {version} of the layout, not {VERSION}")
            }
            Self::Foreign => f.write_str("what is there is no block of figures"),
        }
    }
}

impl core::error::Error for Unreadable {}

/// Figures of one moment.
#[derive(Clone, Debug)]
pub struct Image {
    figures: [u64; Figure::COUNT],
    texts: [[u8; TEXT_WORDS * WORD]; Text::COUNT],
    classes: [Class; CLASSES],
}

impl Image {
    /// What `bytes` say, a copy of the block that was begun after its sequence was seen to be `before`, and ended before it was seen to
    /// be `after`.
    pub fn parse(bytes: &[u8], before: u64, after: u64) -> Result<Self, Unreadable> {
        let bytes: &[u8; SIZE] = bytes
            .get(..SIZE)
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(Unreadable::Foreign)?;
        let sequence = word(bytes, SEQUENCE_OFFSET);
        match word(bytes, 0) {
            0 if sequence <= 1 => return Err(Unreadable::Empty),
            MAGIC => {}
            _ => return Err(Unreadable::Foreign),
        }
        let (version, size) = halves(bytes, WORD);
        if version != VERSION {
            return Err(Unreadable::Version(version));
        }
        if size as usize != SIZE {
            return Err(Unreadable::Foreign);
        }
        if !sequence.is_multiple_of(2) || before != sequence || after != sequence {
            return Err(Unreadable::Torn);
        }
        let row = |number: usize| {
            let start = ROWS + number * ClassFigure::COUNT * WORD;
            Class(core::array::from_fn(|which| {
                word(bytes, start + which * WORD)
            }))
        };
        let text = |number: usize| {
            let start = TEXTS + number * TEXT_WORDS * WORD;
            core::array::from_fn(|at| bytes.get(start + at).copied().unwrap_or(0))
        };
        Ok(Self {
            figures: core::array::from_fn(|which| word(bytes, FIGURES + which * WORD)),
            texts: core::array::from_fn(text),
            classes: core::array::from_fn(row),
        })
    }

    /// A figure of the whole heap.
    pub fn figure(&self, which: Figure) -> u64 {
        self.figures.get(which.index()).copied().unwrap_or(0)
    }

    /// A text; empty if it is none.
    pub fn text(&self, which: Text) -> &str {
        let bytes = self.texts.get(which.index()).map_or(&[][..], |text| text);
        let len = bytes.iter().position(|&byte| byte == 0);
        let text = bytes.get(..len.unwrap_or(bytes.len())).unwrap_or_default();
        core::str::from_utf8(text).unwrap_or("")
    }

    /// Groups of meshed spans, of all size classes.
    pub fn groups(&self) -> u64 {
        let groups = |class: &Class| class.figure(ClassFigure::Groups);
        self.classes().map(groups).fold(0, u64::saturating_add)
    }

    /// The size classes that have spans.
    pub fn classes(&self) -> impl Iterator<Item = &Class> {
        self.classes.iter().filter(|class| class.is_used())
    }
}

/// The word at `offset`; zero beyond the end.
fn word(bytes: &[u8], offset: usize) -> u64 {
    bytes
        .get(offset..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |word| u64::from_ne_bytes(*word))
}

/// The two halves of the word at `offset`, in the order in which they lie.
fn halves(bytes: &[u8], offset: usize) -> (u32, u32) {
    let half = |at: usize| {
        bytes
            .get(at..)
            .and_then(|rest| rest.first_chunk())
            .map_or(0, |half| u32::from_ne_bytes(*half))
    };
    (half(offset), half(offset + WORD / 2))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::Block;
    use std::prelude::rust_2024::*;

    fn sample() -> Block {
        let block = Block::new();
        block.publish(|writer| {
            for (number, &figure) in Figure::ALL.iter().enumerate() {
                writer.figure(figure, 1000 + number as u64);
            }
            writer.text(Text::Barrier, "userfaultfd");
            writer.class(3, &Class([64, 64, 1, 5, 3, 2, 100, 0]));
            writer.class(CLASSES, &Class([1; ClassFigure::COUNT]));
        });
        block
    }

    #[test]
    fn what_is_published_is_read() {
        let image = Image::parse(&sample().bytes(), 2, 2).unwrap();
        for (number, &figure) in Figure::ALL.iter().enumerate() {
            assert_eq!(image.figure(figure), 1000 + number as u64, "{figure:?}");
        }
        assert_eq!(image.text(Text::Barrier), "userfaultfd");
        assert_eq!(image.text(Text::UnmeshedBecause), "");
        let classes: [&Class; 1] = core::array::from_fn(|_| image.classes().next().unwrap());
        assert_eq!(image.classes().count(), 1);
        assert_eq!(classes[0].live_bytes(), 6400);
        assert_eq!(classes[0].physical_pages(), 3);
        assert_eq!(classes[0].pages_saved(), 2);
        assert_eq!(classes[0].filled(), Some(100 * 100 / (3 * 64)));
        assert_eq!(image.groups(), 2);
    }

    #[test]
    fn a_copy_that_was_written_to_meanwhile_is_told() {
        let bytes = sample().bytes();
        for (before, after) in [(0, 2), (2, 4), (1, 2), (2, 3), (4, 4)] {
            assert_eq!(
                Image::parse(&bytes, before, after).unwrap_err(),
                Unreadable::Torn
            );
        }
        let block = sample();
        block.publish(|_| {
            let bytes = block.bytes();
            assert_eq!(
                Image::parse(&bytes, 3, 3).unwrap_err(),
                Unreadable::Torn,
                "an odd sequence"
            );
        });
        assert!(Image::parse(&block.bytes(), 4, 4).is_ok());
    }

    #[test]
    fn before_the_first_time_nothing_is_there() {
        let bytes = Block::new().bytes();
        assert_eq!(bytes, [0; SIZE], "a page that nobody has written to");
        assert_eq!(Image::parse(&bytes, 0, 0).unwrap_err(), Unreadable::Empty);
    }

    #[test]
    fn other_bytes_are_refused() {
        let good = sample().bytes();
        assert_eq!(
            Image::parse(&good[..SIZE - 1], 2, 2).unwrap_err(),
            Unreadable::Foreign
        );
        let changed = |at: usize| {
            let mut bytes = good;
            bytes[at] ^= 0x40;
            Image::parse(&bytes, 2, 2).unwrap_err()
        };
        assert_eq!(changed(0), Unreadable::Foreign, "the magic");
        assert_eq!(changed(8), Unreadable::Version(VERSION ^ 0x40));
        assert_eq!(changed(12), Unreadable::Foreign, "the size");
    }

    #[test]
    fn whatever_the_figures_are_they_can_be_reckoned_with() {
        let class = Class([u64::MAX; ClassFigure::COUNT]);
        assert_eq!(class.live_bytes(), u64::MAX);
        assert_eq!(class.filled(), Some(1));
        assert_eq!(Class::default().filled(), None);
    }

    #[test]
    fn long_texts_are_cut_and_short_ones_leave_nothing_of_longer_ones() {
        let block = Block::new();
        let long = "0123456789".repeat(9);
        block.publish(|writer| writer.text(Text::BarrierReason, &long));
        let image = Image::parse(&block.bytes(), 2, 2).unwrap();
        assert_eq!(image.text(Text::BarrierReason), &long[..63]);
        block.publish(|writer| writer.text(Text::BarrierReason, "as asked"));
        let image = Image::parse(&block.bytes(), 4, 4).unwrap();
        assert_eq!(image.text(Text::BarrierReason), "as asked");
    }

    #[test]
    fn a_process_born_while_its_parent_wrote_publishes_like_any_other() {
        let block = Block::new();
        block.sequence_for_test(7);
        block.publish(|writer| writer.figure(Figure::Cycles, 9));
        let image = Image::parse(&block.bytes(), 8, 8).unwrap();
        assert_eq!(image.figure(Figure::Cycles), 9);
    }

    #[test]
    fn every_figure_has_a_name_of_its_own() {
        for names in [Figure::NAMES, Text::NAMES, ClassFigure::NAMES] {
            for (number, name) in names.iter().enumerate() {
                assert!(!names[..number].contains(name), "{name}");
            }
        }
        assert_eq!(Figure::WhenMs.name(), "when_ms");
    }
}
