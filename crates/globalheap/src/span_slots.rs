//! The slots that a refill has claimed from one span, as addresses.

use core::ptr::NonNull;

use bitmap::Iter;

use crate::choice::Choice;

/// Addresses of claimed slots of one span: ascending from the first that was chosen on, then ascending from the lowest on.
pub struct SpanSlots {
    start: usize,
    object_size: usize,
    /// From the first on, and those below it.
    parts: [Iter<4>; 2],
    left: usize,
    shuffled: bool,
}

impl SpanSlots {
    /// What was chosen of the span of objects of `object_size` bytes that begins at `start`.
    #[inline(always)]
    pub(crate) fn new(start: usize, object_size: usize, chosen: &Choice) -> Self {
        let (below, from) = chosen.slots.bits().split_at(chosen.first);
        Self {
            start,
            object_size,
            parts: [from.iter(), below.iter()],
            left: chosen.slots.len(),
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
fn address(start: usize, slot: usize, object_size: usize) -> Option<NonNull<u8>> {
    NonNull::new((start + slot * object_size) as *mut u8)
}

impl Iterator for SpanSlots {
    type Item = NonNull<u8>;

    #[inline]
    fn next(&mut self) -> Option<NonNull<u8>> {
        let slot = self.parts.iter_mut().find_map(Iterator::next)?;
        self.left -= 1;
        address(self.start, slot, self.object_size)
    }

    #[inline]
    fn fold<A, F: FnMut(A, NonNull<u8>) -> A>(self, first: A, mut step: F) -> A {
        let (start, object_size) = (self.start, self.object_size);
        let mut folded = first;
        for part in self.parts {
            folded = part.fold(folded, |folded, slot| {
                match address(start, slot, object_size) {
                    Some(slot) => step(folded, slot),
                    None => folded,
                }
            });
        }
        folded
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}
