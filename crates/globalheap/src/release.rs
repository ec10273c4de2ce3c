//! Slots that a thread's front end gives back.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use bitmap::SlotSet;
use heap::{PlainPages, Run, SizeClass, SpanId};
use miniheap::{SpanClasses, Spans};

use crate::global::GlobalHeap;
use crate::report::{Findings, Misuse, Report};
use crate::tuning::KEPT_BYTES;

/// Slots of one span that came one after the other: the span's record is looked up and changed once for all of them.
struct Batch {
    span: SpanId,
    /// The addresses of the span's slots: none while no span was found.
    start: usize,
    bytes: usize,
    slots: SlotSet,
}

impl Batch {
    const NONE: Self = Self {
        span: SpanId(0),
        start: 0,
        bytes: 0,
        slots: SlotSet::EMPTY,
    };

    fn covers(&self, address: usize) -> bool {
        address.wrapping_sub(self.start) < self.bytes
    }
}

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
            return findings.tell(Self::misuse);
        }
        let mut spans = self.class(class);
        self.take_back(&mut spans, class, slots, &mut findings);
        spans.assert_sound();
        drop(spans);
        findings.tell(Self::misuse);
    }

    /// [`take_home`](Self::take_home) under the lock. Its frame is not above the walk over all spans: some stacks are small.
    #[inline(never)]
    fn take_back(
        &self,
        spans: &mut Spans,
        class: SizeClass,
        slots: &[NonNull<u8>],
        findings: &mut Findings,
    ) {
        let geometry = SpanClasses::geometry(class);
        let mut batch = Batch::NONE;
        for slot in slots {
            let address = slot.addr().get();
            if !batch.covers(address) {
                let gone = settle(spans, &batch, findings);
                self.give_up(gone);
                self.begin_batch(&mut batch, spans, class, address);
                // Behind its last slot a span has bytes that belong to none.
                if !batch.covers(address) {
                    findings.add(Misuse::NotAnObject, address);
                    continue;
                }
            }
            let Some(slot) = geometry.slot_within(address - batch.start) else {
                findings.add(Misuse::NotAnObject, address);
                continue;
            };
            if !batch.slots.insert(slot.index()) {
                findings.add(Misuse::DoubleFree, address);
            }
        }
        let gone = settle(spans, &batch, findings);
        self.give_up(gone);
        if spans.kept() > 0 {
            self.note_kept();
        }
    }

    /// Notes that a class keeps something.
    pub(crate) fn note_kept(&self) {
        if !self.keeps.load(Ordering::Relaxed) {
            self.keeps.store(true, Ordering::Relaxed);
        }
    }

    /// Makes `batch` the empty one of the span of `class` at `address`; one that covers nothing if there is none.
    #[inline(never)]
    fn begin_batch(&self, batch: &mut Batch, spans: &Spans, class: SizeClass, address: usize) {
        *batch = Batch::NONE;
        let labels = self.labels();
        let shift = const { P::PAGE_SIZE.trailing_zeros() };
        let Some(page) = labels.page_by(address, shift) else {
            return;
        };
        let small = labels.label(page).as_small();
        if small.is_none_or(|(found, _)| found != class) {
            return;
        }
        let span = self.pages.span_at(page);
        let Some(run) = spans.run(span) else {
            return;
        };
        batch.span = span;
        batch.start = labels.address_of(run.first);
        batch.bytes = spans.geometry().bytes_of_slots();
    }

    /// Gives the pages of a span that was emptied back to the arena, where the class has not kept them.
    #[inline(always)]
    fn give_up(&self, gone: Option<Run>) {
        if let Some(run) = gone {
            // SAFETY: the span is on pages of its own, and its last object is gone (`settle`).
            unsafe { self.pages.free_span(run) };
        }
    }
}

/// Marks the batch's slots as free. Returns the pages of the span if they were its last and it has pages of its own. Its frame is not
/// above those that give the pages back: some stacks are small.
#[inline(never)]
fn settle(spans: &mut Spans, batch: &Batch, findings: &mut Findings) -> Option<Run> {
    if batch.bytes == 0 {
        return None;
    }
    let released = spans.release(batch.span, &batch.slots);
    if released.freed.len() < batch.slots.len() {
        let size = spans.geometry().object_size as usize;
        for slot in batch.slots.bits().without(released.freed.bits()).iter() {
            findings.add(Misuse::DoubleFree, batch.start + slot * size);
        }
    }
    if released.emptied && !spans.keep(batch.span, most_kept(spans)) {
        spans.remove(batch.span)
    } else {
        None
    }
}

/// Runs of emptied spans that a class keeps, at most.
fn most_kept(spans: &Spans) -> usize {
    KEPT_BYTES / spans.geometry().bytes_of_slots()
}
