//! Slots that pass from thread to thread.

use core::ptr::NonNull;

use heap::{PlainPages, SizeClass};
use miniheap::SpanClasses;

use crate::global::GlobalHeap;
use crate::report::Report;
use crate::transfer::Transfer;

/// Slots that go home under one hold of a lock, at most.
const HOME_AT_ONCE: usize = 16;

impl<P: PlainPages, R: Report> GlobalHeap<P, R> {
    fn transfer(&self, class: SizeClass) -> &Transfer<P::Lock> {
        let last = &self.transfers[SpanClasses::ALL - 1];
        self.transfers.get(class.index()).unwrap_or(last)
    }

    /// Takes slots of `class` for the next thread that [asks](Self::take_over); when too many wait already, back to their spans.
    ///
    /// # Safety
    /// As for [`take_home`](Self::take_home).
    pub unsafe fn pass_on(&self, class: SizeClass, slots: &[NonNull<u8>]) {
        // Where an object has a span to itself, its class passes it on.
        if SpanClasses::is_whole(class) || !self.transfer(class).put(&self.pages, class, slots) {
            // SAFETY: the same contract.
            unsafe { self.take_home(class, slots) };
        }
    }

    /// Passes up to `most` slots of `class` that were [passed on](Self::pass_on) to `take`; returns their number.
    pub fn take_over(
        &self,
        class: SizeClass,
        most: usize,
        take: impl FnOnce(&[NonNull<u8>]),
    ) -> usize {
        self.transfer(class).take(most, take)
    }

    /// Sends home what nobody has taken over, and gives back the spans that were emptied; says whether there was anything.
    pub fn send_home(&self) -> bool {
        let mut sent = false;
        for class in Self::class_numbers() {
            loop {
                let mut slots = [NonNull::<u8>::dangling(); HOME_AT_ONCE];
                let taken = self.transfer(class).take(HOME_AT_ONCE, |waiting| {
                    for (slot, waiting) in slots.iter_mut().zip(waiting) {
                        *slot = *waiting;
                    }
                });
                if taken == 0 {
                    break;
                }
                sent = true;
                if let Some(slots) = slots.get(..taken) {
                    // SAFETY: passed on by those who had claimed them.
                    unsafe { self.take_home(class, slots) };
                }
            }
        }
        self.give_back_kept() || sent
    }

    /// Bytes of the slots that wait for a taker.
    pub fn waiting_bytes(&self) -> usize {
        let sizes = SpanClasses::GEOMETRIES
            .iter()
            .map(|spans| spans.object_size);
        let waiting = self.transfers.iter().zip(sizes);
        waiting
            .map(|(transfer, size)| transfer.waiting() * size as usize)
            .sum()
    }
}
