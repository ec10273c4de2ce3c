//! Records of stacks.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::context::Context;
use crate::interval::Weight;
use crate::layout::{
    Field, HEADER_WORDS, Header, LARGEST_STACK, MAGIC, RECORD_WORDS, VALID, VERSION,
};
use crate::mix::mix;

/// Words that are copied at once: some stacks are small.
const PIECE: usize = 32;

/// Bytes of a word.
const WORD: usize = size_of::<u64>();

/// Bytes after which memory may not be there, at the least.
const PAGE: usize = 4096;

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
    /// Records in `words`, with an `index` of a power of two of places; both are zeros. `None` where there is no room for one record.
    ///
    /// The first record is that of samples for which there is no other one, and has no stack.
    pub fn new(words: &'m [AtomicU64], index: &'m [AtomicU64]) -> Option<Self> {
        if !index.len().is_power_of_two() || words.len() < HEADER_WORDS + RECORD_WORDS {
            return None;
        }
        let stacks = Self { words, index };
        stacks.set(Header::Magic, MAGIC);
        stacks.set(Header::Version, VERSION);
        stacks.set(Header::Used, (HEADER_WORDS + RECORD_WORDS) as u64);
        let others = HEADER_WORDS as u64;
        stacks.write(others, Field::Len, RECORD_WORDS as u64);
        stacks.write(others, Field::Stack, VALID);
        Some(stacks)
    }

    /// Counts a sample that is not taken, for want of room.
    pub fn drop_sample(&self) {
        let dropped = self.word(Header::Dropped as usize);
        dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// Sets a word of the header.
    pub fn set(&self, which: Header, value: u64) {
        self.word(which as usize).store(value, Ordering::Relaxed);
    }

    /// The words in use.
    pub fn used(&self) -> &'m [AtomicU64] {
        // Acquire: pairs with the release of who made the last record.
        let used = self.word(Header::Used as usize).load(Ordering::Acquire) as usize;
        self.words.get(..used).unwrap_or(self.words)
    }

    /// The record of the stack of `context`, made now if there is none: an offset in words.
    ///
    /// `copy` copies the words at an address, the same ones each time; it says whether they are there. `is_code` says whether a word
    /// may be the address of an instruction.
    pub fn record(
        &self,
        context: &Context,
        most: usize,
        mut copy: impl FnMut(u64, &mut [u64]) -> bool,
        is_code: impl Fn(u64) -> bool,
    ) -> u64 {
        let mut hash = mix(context.instruction);
        let mut len = 0;
        each_word(context.stack_pointer, most, &mut copy, |word| {
            if is_code(word) {
                hash = mix(hash ^ word);
            }
            len += 1;
        });
        if let Some(known) = self.find(hash) {
            return known;
        }
        let others = HEADER_WORDS as u64;
        self.reserve(RECORD_WORDS + len).map_or(others, |made| {
            let fields = [
                (Field::Instruction, context.instruction),
                (Field::StackPointer, context.stack_pointer),
                (Field::FramePointer, context.frame_pointer),
                (Field::Hash, hash),
            ];
            for (field, value) in fields {
                self.write(made, field, value);
            }
            let mut at = made as usize + RECORD_WORDS;
            let end = at + len;
            each_word(context.stack_pointer, most, &mut copy, |word| {
                if at < end {
                    self.word(at).store(word, Ordering::Relaxed);
                    at += 1;
                }
            });
            let whole = VALID | len as u64;
            match self.find_or_publish(made, hash) {
                // Another thread was here at the same time: what was reserved stays unused.
                Some(known) => known,
                None => {
                    self.at(made, Field::Stack).store(whole, Ordering::Release);
                    made
                }
            }
        })
    }

    /// The record with this hash, if there is one.
    fn find(&self, hash: u64) -> Option<u64> {
        let known = self.places(hash).map(|place| place.load(Ordering::Acquire));
        let mut known = known.take_while(|&record| record != 0);
        known.find(|&record| self.read(record, Field::Hash) == hash)
    }

    /// The places of the index in which a record with this hash may be.
    fn places(&self, hash: u64) -> impl Iterator<Item = &'m AtomicU64> {
        let (index, mask) = (self.index, self.index.len() - 1);
        let steps = 0..MOST_TRIES.min(index.len());
        steps.filter_map(move |step| index.get((hash as usize).wrapping_add(step) & mask))
    }

    /// The record with this hash, if there is one; otherwise `made` is it from now on, which is indexed if there is room.
    fn find_or_publish(&self, made: u64, hash: u64) -> Option<u64> {
        for place in self.places(hash) {
            // Release: who finds the record finds its words.
            let put = place.compare_exchange(0, made, Ordering::AcqRel, Ordering::Acquire);
            match put {
                Ok(_) => return None,
                Err(known) if self.read(known, Field::Hash) == hash => return Some(known),
                Err(_) => {}
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
        // Until now it was zero, for who reads meanwhile.
        self.at(at, Field::Len).store(len as u64, Ordering::Release);
        Some(at)
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

/// Passes the words of a stack from `start` on to `act`, as far as they are there, and at most `most` bytes of them.
fn each_word(
    start: u64,
    most: usize,
    copy: &mut impl FnMut(u64, &mut [u64]) -> bool,
    mut act: impl FnMut(u64),
) {
    let mut piece = [0; PIECE];
    let (mut at, end) = (0, most.min(LARGEST_STACK) / WORD);
    while at < end {
        let address = start.wrapping_add((WORD * at) as u64);
        // Not over the border of a page: the next one may not be there.
        let to_border = (PAGE - address as usize % PAGE) / WORD;
        let piece = &mut piece[..PIECE.min(end - at).min(to_border.max(1))];
        if !copy(address, piece) {
            return;
        }
        piece.iter().for_each(|&word| act(word));
        at += piece.len();
    }
}
