//! Slots that a thread's front end gives back.

use core::ptr::NonNull;

use bitmap::SlotSet;
use heap::{PageHeap, SizeClass, SpanId};
use miniheap::{Geometry, SpanClasses, Spans};

use crate::global::GlobalHeap;
use crate::policy::MeshPolicy;
use crate::report::{Misuse, Report};

/// Slots of one span that came one after the other: the span's record is looked up and changed once for all of them.
struct Batch {
    span: SpanId,
    /// The span's addresses: none while no span was found.
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

    /// Adds the slot at an address of the span.
    fn add(&mut self, geometry: &Geometry, address: usize) -> Result<(), Misuse> {
        let slot = geometry.slot_at(address.wrapping_sub(self.start));
        let slot = slot.ok_or(Misuse::NotAnObject)?;
        if self.slots.insert(slot.index()) {
            Ok(())
        } else {
            Err(Misuse::DoubleFree)
        }
    }
}

impl<P: PageHeap, M: MeshPolicy, R: Report> GlobalHeap<P, M, R> {
    /// Takes slots of `class` back. An address at which no object of the class is in use is reported and otherwise ignored.
    ///
    /// # Safety
    /// * The slots were claimed by a refill and not released since.
    /// * Nobody uses the objects any more.
    pub unsafe fn release(&self, class: SizeClass, slots: &[NonNull<u8>]) {
        // SAFETY: the same contract.
        unsafe { self.release_then(class, slots, Self::upkeep) }
    }

    /// [`release`](Self::release) with something else than the upkeep that may be due afterwards.
    ///
    /// # Safety
    /// As for `release`.
    pub unsafe fn release_then(
        &self,
        class: SizeClass,
        slots: &[NonNull<u8>],
        then: impl FnOnce(&Self),
    ) {
        {
            let geometry = SpanClasses::geometry(class);
            let mut spans = self.class(class);
            let mut batch = Batch::NONE;
            for slot in slots {
                let address = slot.addr().get();
                let added = if batch.covers(address) {
                    batch.add(geometry, address)
                } else {
                    self.settle(&mut spans, &batch);
                    batch = Batch::NONE;
                    self.batch_at(&spans, class, address).and_then(|found| {
                        batch = found;
                        batch.add(geometry, address)
                    })
                };
                if let Err(misuse) = added {
                    Self::misuse(misuse, address);
                }
            }
            self.settle(&mut spans, &batch);
            debug_assert_eq!(spans.check_now_and_then(), Ok(()));
        }
        then(self);
    }

    /// An empty batch of the span of `class` at `address`.
    #[inline]
    fn batch_at(&self, spans: &Spans, class: SizeClass, address: usize) -> Result<Batch, Misuse> {
        let labels = self.labels();
        let shift = const { P::PAGE_SIZE.trailing_zeros() };
        let page = labels.page_by(address, shift).ok_or(Misuse::NotAnObject)?;
        let small = labels.label(page).as_small();
        if small.is_none_or(|(found, _)| found != class) {
            return Err(Misuse::NotAnObject);
        }
        let span = self.pages.span_at(page);
        let run = spans.run(span).ok_or(Misuse::NotAnObject)?;
        Ok(Batch {
            span,
            start: labels.address_of(run.first),
            bytes: run.pages.index() * P::PAGE_SIZE,
            slots: SlotSet::EMPTY,
        })
    }

    /// Marks the batch's slots as free, and gives up the span if they were its last.
    #[inline]
    fn settle(&self, spans: &mut Spans, batch: &Batch) {
        if batch.bytes == 0 {
            return;
        }
        let released = spans.release(batch.span, &batch.slots);
        if released.freed.len() < batch.slots.len() {
            let size = spans.geometry().object_size as usize;
            for slot in batch.slots.bits().without(released.freed.bits()).iter() {
                Self::misuse(Misuse::DoubleFree, batch.start + slot * size);
            }
        }
        if released.emptied
            && let Some(run) = spans.remove(batch.span)
        {
            // SAFETY: the span is on pages of its own, and its last object is gone.
            unsafe { self.pages.free_span(run) };
        }
    }
}
