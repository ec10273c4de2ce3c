//! An exact index of free slots.
//!
//! The bitmaps are stored by column instead of by row: for each slot, which of the spans have it
//! free is a bit vector with one bit for each span. The spans that fit into a group are those that
//! have every live slot of the group free, so a few whole-vector ANDs compare the group with
//! hundreds of spans at once. At half occupancy each column halves what is left, so a block of 512
//! spans is ruled out after about nine columns, however many slots there are.
//!
//! ```text
//! block 0: | unplaced | slot 0 free | slot 1 free | … |   one bit for each of 512 spans
//! block 1: | unplaced | slot 0 free | slot 1 free | … |
//! ```
//!
//! In information retrieval this is a bit-sliced signature file (Faloutsos and Christodoulakis,
//! ACM TOIS 2(4), 1984).

use bitmap::SpanBits;

use crate::Budget;

/// One bit for each span of a block, the first span lowest.
pub(crate) type Column = [u32; LANES];

/// Words of a column: long enough for the vector unit, short enough to be ruled out soon. Measured:
/// 16 takes 0.7 to 0.9 times as long as 8.
const LANES: usize = 16;

/// Spans in a block.
pub(crate) const BLOCK: usize = LANES * 32;

/// Columns ANDed between two looks at whether anything is left.
const BATCH: usize = 4;

/// Bit vectors over spans, which are named by their position in the order they were given.
pub(crate) struct Index<'a> {
    columns: &'a mut [Column],
    /// Columns of a block: one for each slot and the first one, of spans not placed yet.
    width: usize,
}

impl<'a> Index<'a> {
    /// Columns of an index of this many spans.
    pub(crate) const fn columns(spans: usize, slots: usize) -> usize {
        spans.div_ceil(BLOCK) * (slots + 1)
    }

    /// Words of memory for this many spans.
    pub(crate) const fn words(spans: usize, slots: usize) -> usize {
        Self::columns(spans, slots) * LANES
    }

    /// An index of spans with these live slots, as many as `memory` has room for.
    pub(crate) fn new<'b>(
        memory: &'a mut [u32],
        slots: usize,
        spans: impl Iterator<Item = &'b SpanBits>,
    ) -> Self {
        let (columns, _) = memory.as_chunks_mut::<LANES>();
        let width = slots + 1;
        let mut used = 0;
        let mut blocks = columns.chunks_exact_mut(width);
        let mut spans = spans.peekable();
        while spans.peek().is_some()
            && let Some(block) = blocks.next()
        {
            fill(block, &mut spans);
            used += width;
        }
        Self {
            columns: columns.get_mut(..used).unwrap_or_default(),
            width,
        }
    }

    /// Whether the span was neither placed nor absent from the start.
    pub(crate) fn is_unplaced(&self, position: usize) -> bool {
        let column = self.columns.get(position / BLOCK * self.width);
        column.is_some_and(|column| contains(column, position % BLOCK))
    }

    /// The span is not offered any more.
    pub(crate) fn place(&mut self, position: usize) {
        if let Some(column) = self.columns.get_mut(position / BLOCK * self.width) {
            remove(column, position % BLOCK);
        }
    }

    /// Which spans of the block are not placed yet, if there is such a block.
    #[inline]
    pub(crate) fn unplaced(&self, block: usize) -> Option<Column> {
        self.columns.get(block.checked_mul(self.width)?).copied()
    }

    /// Keeps in `spans`, a subset of the block, only those that have all these slots free. Takes one
    /// step, and one for each column read. False when the budget does not suffice.
    #[inline]
    pub(crate) fn keep_free(
        &self,
        block: usize,
        slots: &[u8],
        spans: &mut Column,
        budget: &mut Budget,
    ) -> bool {
        if !budget.take(1 + slots.len()) {
            return false;
        }
        let columns = self
            .columns
            .get(block * self.width + 1..)
            .unwrap_or_default();
        let mut unread = slots.len();
        let mut left = *spans;
        for batch in slots.chunks(BATCH) {
            if is_empty(&left) {
                break;
            }
            for &slot in batch {
                let Some(free) = columns.get(usize::from(slot)) else {
                    continue;
                };
                for (word, free) in left.iter_mut().zip(free) {
                    *word &= free;
                }
            }
            unread -= batch.len();
        }
        *spans = left;
        budget.put_back(unread);
        true
    }
}

/// Writes the columns of one block.
fn fill<'b>(block: &mut [Column], spans: &mut impl Iterator<Item = &'b SpanBits>) {
    let Some((unplaced, free)) = block.split_first_mut() else {
        return;
    };
    *unplaced = [0; LANES];
    free.fill([u32::MAX; LANES]);
    for (place, live) in (0..BLOCK).zip(spans) {
        insert(unplaced, place);
        for slot in live {
            if let Some(column) = free.get_mut(slot) {
                remove(column, place);
            }
        }
    }
}

/// The first span of the column.
pub(crate) fn first(column: &Column) -> Option<usize> {
    let word = column.iter().position(|&word| word != 0)?;
    Some(word * 32 + column.get(word)?.trailing_zeros() as usize)
}

fn is_empty(column: &Column) -> bool {
    column.iter().fold(0, |any, word| any | word) == 0
}

fn contains(column: &Column, place: usize) -> bool {
    column
        .get(place / 32)
        .is_some_and(|word| word >> (place % 32) & 1 == 1)
}

fn insert(column: &mut Column, place: usize) {
    if let Some(word) = column.get_mut(place / 32) {
        *word |= 1 << (place % 32);
    }
}

fn remove(column: &mut Column, place: usize) {
    if let Some(word) = column.get_mut(place / 32) {
        *word &= !(1 << (place % 32));
    }
}
