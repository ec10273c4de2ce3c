//! The slots that a refill has claimed from one span, as addresses.

use core::ptr::NonNull;

use bitmap::SpanBits;

use crate::choice::Choice;

/// Bits of a word of a set.
const WORD: usize = u64::BITS as usize;
const WORDS: usize = SpanBits::BITS / WORD;

/// Addresses of claimed slots of one span: ascending from the first that was chosen on, then ascending from the lowest on. Small: some
/// stacks are.
pub struct SpanSlots {
    start: usize,
    slots: SpanBits,
    object_size: u32,
    /// None of the slots from the first on to this one is left.
    at: u16,
    left: u16,
    shuffled: bool,
}

impl SpanSlots {
    pub(crate) const NONE: Self = Self {
        start: 0,
        slots: SpanBits::EMPTY,
        object_size: 0,
        at: 0,
        left: 0,
        shuffled: false,
    };

    /// What was chosen of the span of objects of `object_size` bytes that begins at `start`.
    #[inline(always)]
    pub(crate) fn new(start: usize, object_size: u32, chosen: &Choice) -> Self {
        Self {
            start,
            slots: *chosen.slots.bits(),
            object_size,
            at: chosen.first as u16,
            left: chosen.slots.len() as u16,
            shuffled: chosen.shuffled,
        }
    }

    /// Whether they are to be handed out in random order; else as they come.
    #[inline]
    pub fn shuffled(&self) -> bool {
        self.shuffled
    }
}

/// The address of `slot`. `None` is for no slot: no address of the arena is zero.
#[inline(always)]
fn address(start: usize, slot: usize, object_size: u32) -> Option<NonNull<u8>> {
    NonNull::new((start + slot * object_size as usize) as *mut u8)
}

/// The words of a set from that of slot `at` on, all round and to it again, each with the number of its first slot: of the first only
/// the slots from `at` on are there, and of the last those below it.
#[inline(always)]
fn round(slots: &SpanBits, at: usize) -> impl Iterator<Item = (usize, u64)> + '_ {
    (0..=WORDS).map(move |step| {
        let word = (at / WORD + step) % WORDS;
        let from = u64::MAX << (at % WORD);
        let mask = match step {
            0 => from,
            WORDS => !from,
            _ => u64::MAX,
        };
        (word * WORD, slots.words()[word] & mask)
    })
}

impl Iterator for SpanSlots {
    type Item = NonNull<u8>;

    #[inline]
    fn next(&mut self) -> Option<NonNull<u8>> {
        let (first, bits) = round(&self.slots, self.at.into()).find(|&(_, bits)| bits != 0)?;
        let slot = first + bits.trailing_zeros() as usize;
        self.slots.remove(slot);
        self.at = slot as u16;
        self.left -= 1;
        address(self.start, slot, self.object_size)
    }

    #[inline]
    fn fold<A, F: FnMut(A, NonNull<u8>) -> A>(mut self, first: A, mut step: F) -> A {
        if self.left == 1 {
            return match self.next() {
                Some(slot) => step(first, slot),
                None => first,
            };
        }
        let mut folded = first;
        for (start, mut bits) in round(&self.slots, self.at.into()) {
            while bits != 0 {
                let slot = start + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                if let Some(slot) = address(self.start, slot, self.object_size) {
                    folded = step(folded, slot);
                }
            }
        }
        folded
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left.into(), Some(self.left.into()))
    }
}
