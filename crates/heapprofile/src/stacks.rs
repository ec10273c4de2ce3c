//! Records of stacks.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::interval::Weight;
use crate::layout::{
    Field, HEADER_WORDS, Header, LARGEST_STACK, MAGIC, RECORD_WORDS, VALID, VERSION,
};
use crate::profile::Context;

/// Words that are copied at once: some stacks are small.
const PIECE: usize = 32;

/// Places of the index that are looked at for a stack.
const MOST_TRIES: usize = 64;

/// Counters of blocks that live.
const LIVE: [Field; 3] = [Field::LiveSamples, Field::LiveBlocks, Field::LiveBytes];

/// Counters of all blocks that there were.
const EVER: [Field; 3] = [Field::Samples, Field::Blocks, Field::Bytes];

/// Records of stacks, one behind the other, and an index of them by a hash of what in them looks like code.
///
/// Two stacks count as the same one if the words are the same that may be addresses of code: those that are not, such as pointers to
/// objects, differ each time. So one chain of calls may have several records, but no record has several chains.
pub struct Stacks<'m> {
    words: &'m [AtomicU64],
    /// Offsets of records in words; zero for none.
    index: &'m [AtomicU64],
}

impl<'m> Stacks<'m> {
    /// Records in `words`, with an `index` of a power of two of places; both are zeros.
    ///
    /// The first record is that of samples for which there is no other one, and has no stack.
    pub fn new(words: &'m [AtomicU64], index: &'m [AtomicU64]) -> Self {
        assert!(index.len().is_power_of_two() && words.len() >= HEADER_WORDS + RECORD_WORDS);
        let stacks = Self { words, index };
        stacks.set(Header::Magic, MAGIC);
        stacks.set(Header::Version, VERSION);
        stacks.set(Header::Used, (HEADER_WORDS + RECORD_WORDS) as u64);
        let others = HEADER_WORDS as u64;
        stacks.write(others, Field::Len, RECORD_WORDS as u64);
        stacks.write(others, Field::Stack, VALID);
        stacks
    }

    /// Sets a word of the header.
    pub fn set(&self, which: Header, value: u64) {
        self.word(which as usize).store(value, Ordering::Relaxed);
    }

    /// A word of the header.
    pub fn get(&self, which: Header) -> u64 {
        self.word(which as usize).load(Ordering::Relaxed)
    }

    /// The words in use.
    pub fn used(&self) -> &'m [AtomicU64] {
        // Acquire: pairs with the release of who made the last record.
        let used = self.word(Header::Used as usize).load(Ordering::Acquire) as usize;
        self.words.get(..used).unwrap_or(self.words)
    }

    /// The record of the stack of `context`, made now if there is none: an offset in words.
    ///
    /// `copy` copies the words at an address; it says whether they are there. `is_code` says whether a word may be the address of
    /// an instruction.
    pub fn record(
        &self,
        context: &Context,
        most: usize,
        copy: impl FnMut(u64, &mut [u64]) -> bool,
        is_code: impl Fn(u64) -> bool,
    ) -> u64 {
        let most = most.min(LARGEST_STACK) / 8;
        let Some(made) = self.reserve(RECORD_WORDS + most) else {
            return HEADER_WORDS as u64;
        };
        let (stack, hash) = self.copy_stack(made, context, most, copy, is_code);
        let fields = [
            (Field::Instruction, context.instruction),
            (Field::StackPointer, context.stack_pointer),
            (Field::FramePointer, context.frame_pointer),
            (Field::Hash, hash),
        ];
        for (field, value) in fields {
            self.write(made, field, value);
        }
        match self.find_or_publish(made, hash) {
            Some(known) => {
                self.give_back(made, RECORD_WORDS + most);
                known
            }
            None => {
                self.shorten(made, RECORD_WORDS + most, RECORD_WORDS + stack);
                self.at(made, Field::Stack)
                    .store(VALID | stack as u64, Ordering::Release);
                made
            }
        }
    }

    /// Copies the stack into the record; the number of words that were there, and the hash.
    fn copy_stack(
        &self,
        record: u64,
        context: &Context,
        most: usize,
        mut copy: impl FnMut(u64, &mut [u64]) -> bool,
        is_code: impl Fn(u64) -> bool,
    ) -> (usize, u64) {
        let mut piece = [0; PIECE];
        let (mut len, mut hash) = (0, mix(context.instruction));
        while len < most {
            let address = context.stack_pointer.wrapping_add(8 * len as u64);
            // Not over the border of a page: the next one may not be there.
            let to_border = (4096 - address as usize % 4096) / 8;
            let count = PIECE.min(most - len).min(to_border.max(1));
            let piece = &mut piece[..count];
            if !copy(address, piece) {
                break;
            }
            for &word in &*piece {
                if is_code(word) {
                    hash = mix(hash ^ word);
                }
                self.word(record as usize + RECORD_WORDS + len)
                    .store(word, Ordering::Relaxed);
                len += 1;
            }
        }
        (len, hash)
    }

    /// The record with this hash, if there is one; otherwise `made` is it from now on, which is indexed if there is room.
    fn find_or_publish(&self, made: u64, hash: u64) -> Option<u64> {
        let mask = self.index.len() - 1;
        for step in 0..MOST_TRIES.min(self.index.len()) {
            let place = self.index.get((hash as usize).wrapping_add(step) & mask)?;
            let mut known = place.load(Ordering::Acquire);
            if known == 0 {
                // Release: who finds the record finds its words.
                match place.compare_exchange(0, made, Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => return None,
                    Err(other) => known = other,
                }
            }
            if self.read(known, Field::Hash) == hash {
                return Some(known);
            }
        }
        None
    }

    /// Room for a record of `len` words.
    fn reserve(&self, len: usize) -> Option<u64> {
        let used = self.word(Header::Used as usize);
        let room = |at: u64| {
            let end = at + len as u64;
            (end <= self.words.len() as u64).then_some(end)
        };
        // Release: pairs with the load in `used`.
        let at = used
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, room)
            .ok()?;
        // What was given back may lie here.
        self.write(at, Field::Stack, 0);
        self.set_counters(at, 0);
        self.set_len(at, len);
        Some(at)
    }

    /// Gives the room of a record back, if nobody has reserved any since: otherwise it stays, unused.
    fn give_back(&self, record: u64, len: usize) {
        self.set_len(record, 0);
        if !self.move_end(record + len as u64, record) {
            self.set_len(record, len);
        }
    }

    /// Makes a record shorter, if nobody has reserved room since.
    fn shorten(&self, record: u64, len: usize, needed: usize) {
        let end = record + needed as u64;
        if needed < len {
            self.set_len(end, 0);
            self.set_len(record, needed);
            if !self.move_end(record + len as u64, end) {
                self.set_len(record, len);
            }
        }
    }

    fn move_end(&self, from: u64, to: u64) -> bool {
        let used = self.word(Header::Used as usize);
        used.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }

    /// Sets the length of a record. That of the one which comes next is zero until it is reserved: somebody may read meanwhile.
    fn set_len(&self, record: u64, len: usize) {
        self.at(record, Field::Len)
            .store(len as u64, Ordering::Release);
    }

    fn set_counters(&self, record: u64, value: u64) {
        for field in LIVE.into_iter().chain(EVER) {
            self.write(record, field, value);
        }
    }

    /// Counts a sampled block in.
    pub fn count_in(&self, record: u64, weight: Weight) {
        let counts = [1, weight.blocks, weight.bytes];
        for (field, count) in LIVE.into_iter().chain(EVER).zip(counts.into_iter().cycle()) {
            self.at(record, field).fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Counts one out that is given back.
    pub fn count_out(&self, record: u64, weight: Weight) {
        for (field, count) in LIVE.into_iter().zip([1, weight.blocks, weight.bytes]) {
            self.at(record, field).fetch_sub(count, Ordering::Relaxed);
        }
    }

    /// Sets all counters to zero; the records stay.
    pub fn forget_counts(&self) {
        self.records()
            .for_each(|record| self.set_counters(record, 0));
    }

    /// Bytes that live, blocks, and samples, as far as these can tell.
    pub fn live(&self) -> (u64, u64, u64) {
        let sum = |field| {
            let counts = self.records().map(|record| self.read(record, field));
            counts.fold(0, u64::wrapping_add)
        };
        (
            sum(Field::LiveBytes),
            sum(Field::LiveBlocks) / Weight::ONE,
            sum(Field::LiveSamples),
        )
    }

    /// All records.
    fn records(&self) -> impl Iterator<Item = u64> {
        let (mut next, end) = (HEADER_WORDS as u64, self.used().len() as u64);
        core::iter::from_fn(move || {
            let record = next;
            let is_there = record < end && self.read(record, Field::Len) > 0;
            next += is_there.then(|| self.read(record, Field::Len))?;
            Some(record)
        })
    }

    fn read(&self, record: u64, field: Field) -> u64 {
        self.at(record, field).load(Ordering::Relaxed)
    }

    fn write(&self, record: u64, field: Field, value: u64) {
        self.at(record, field).store(value, Ordering::Relaxed);
    }

    fn at(&self, record: u64, field: Field) -> &'m AtomicU64 {
        self.word(record as usize + field as usize)
    }

    /// A word; the last one for those that are not there.
    fn word(&self, number: usize) -> &'m AtomicU64 {
        let last = self.words.len() - 1;
        &self.words[number.min(last)]
    }
}

/// Spreads the bits of a word over all of them.
fn mix(word: u64) -> u64 {
    // The finalizer of SplitMix64 (Steele, Lea, Flood 2014).
    let word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}
