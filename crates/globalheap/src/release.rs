//! Slots that a thread's front end gives back.
//!
//! Addresses are sorted into sets of slots, span by span, before the lock of their class is taken: what crosses it are sets.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use bitmap::SlotSet;
use heap::{PlainPages, Run, SizeClass};
use miniheap::{SpanClasses, Spans};

use crate::global::GlobalHeap;
use crate::report::{Findings, Misuse, Report};
use crate::sorted::{Batch, Sorted};
use crate::tuning::most_kept;

impl<P: PlainPages, R: Report> GlobalHeap<P, R> {
    /// Takes slots of `class` back. An address at which no object of the class is in use is reported and otherwise ignored.
    ///
    /// # Safety
    /// * The slots were claimed by a refill and not released since.
    /// * Nobody uses the objects any more.
    pub unsafe fn take_home(&self, class: SizeClass, slots: &[NonNull<u8>]) {
        let mut findings = Findings::none();
        if SpanClasses::is_whole(class) {
            self.release_whole(class, slots, &mut findings);
        } else {
            let mut left = slots;
            while !left.is_empty() {
                left = self.take_some_home(class, left, &mut findings);
            }
        }
        findings.tell(Self::misuse);
    }

    /// [`take_home`](Self::take_home) of slots of a few spans; returns the others. Its frame is not above those that tell: some stacks
    /// are small.
    #[inline(never)]
    fn take_some_home<'s>(
        &self,
        class: SizeClass,
        slots: &'s [NonNull<u8>],
        findings: &mut Findings,
    ) -> &'s [NonNull<u8>] {
        let mut sorted = Sorted::NONE;
        let left = self.sort(class, slots, &mut sorted, findings);
        let mut spans = self.class(class);
        for batch in sorted.batches() {
            self.mark_free(&mut spans, batch, findings);
        }
        spans.assert_sound();
        let keeps = spans.kept() > 0;
        drop(spans);
        if keeps {
            self.note_kept();
        }
        left
    }

    /// Marks the batch's slots as free. If they were the last of a span that has pages of its own, the class keeps them, or they go
    /// back.
    #[inline(never)]
    fn mark_free(&self, spans: &mut Spans, batch: &Batch, findings: &mut Findings) {
        let labels = self.labels();
        let is_there = |run: Run| labels.address_of(run.first) == batch.start;
        let is_span = spans.run(batch.span).is_some_and(is_there);
        let freed = if is_span {
            let released = spans.release(batch.span, &batch.slots);
            if released.emptied
                && !spans.keep(batch.span, most_kept(spans.geometry()))
                && let Some(run) = spans.remove(batch.span)
            {
                // Under the lock: another span may get the record afterwards, and these pages must not look like a part of it.
                self.free_emptied(run);
            }
            released.freed
        } else {
            SlotSet::EMPTY
        };
        if freed.len() < batch.slots.len() {
            let what = if is_span {
                Misuse::DoubleFree
            } else {
                Misuse::NotAnObject
            };
            let size = spans.geometry().object_size as usize;
            for slot in batch.slots.bits().without(freed.bits()).iter() {
                findings.add(what, batch.start + slot * size);
            }
        }
    }

    /// Notes that a class keeps something.
    pub(crate) fn note_kept(&self) {
        if !self.keeps.load(Ordering::Relaxed) {
            self.keeps.store(true, Ordering::Relaxed);
        }
    }
}
