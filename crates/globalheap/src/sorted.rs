//! Addresses as sets of slots, span by span. No lock is needed: nobody else changes the labels and the records of the pages of objects
//! that are in use. Nor do pages before them look as if they were of the same span: those of another one have another record, and the
//! last one of what is unused has another label, which it gets before the record can be another span's.

use core::ptr::NonNull;

use bitmap::SlotSet;
use heap::{Labels, PageIndex, PlainPages, SizeClass, SpanId};

use crate::global::GlobalHeap;
use crate::report::{Findings, Misuse, Report};
use crate::tuning::SPANS_AT_ONCE;

/// Slots of one span.
#[derive(Clone, Copy)]
pub(crate) struct Batch {
    pub(crate) span: SpanId,
    /// Where the span begins, as its pages say. Of an address that is no object's, they may say anything.
    pub(crate) start: usize,
    pub(crate) slots: SlotSet,
}

/// Slots of a few spans of one class.
pub(crate) struct Sorted {
    batches: [Batch; SPANS_AT_ONCE],
    len: usize,
}

impl Sorted {
    pub(crate) const NONE: Self = Self {
        batches: [Batch {
            span: SpanId(0),
            start: 0,
            slots: SlotSet::EMPTY,
        }; SPANS_AT_ONCE],
        len: 0,
    };

    pub(crate) fn batches(&self) -> &[Batch] {
        self.batches.get(..self.len).unwrap_or_default()
    }
}

impl<P: PlainPages, R: Report> GlobalHeap<P, R> {
    /// Sorts slots of `class` into `sorted` until they are of more spans than fit; returns the others. What is no slot is noted.
    #[inline(never)]
    pub(crate) fn sort<'s>(
        &self,
        class: SizeClass,
        slots: &'s [NonNull<u8>],
        sorted: &mut Sorted,
        findings: &mut Findings,
    ) -> &'s [NonNull<u8>] {
        let geometry = self.geometry(class);
        let bytes = geometry.bytes_of_slots();
        let labels = self.labels();
        let mut nth = 0;
        for (done, slot) in slots.iter().enumerate() {
            let address = slot.addr().get();
            let covers = |batch: &Batch| address.wrapping_sub(batch.start) < bytes;
            // Slots of a span often come one after the other.
            if !sorted.batches.get(nth).is_some_and(covers) {
                let found = sorted.batches().iter().position(covers);
                nth = match found {
                    Some(nth) => nth,
                    None if sorted.len == SPANS_AT_ONCE => {
                        return slots.get(done..).unwrap_or_default();
                    }
                    None => match self.span_of(&labels, class, address) {
                        Some((span, start)) if address - start < bytes => {
                            let nth = sorted.len;
                            sorted.batches[nth] = Batch {
                                span,
                                start,
                                slots: SlotSet::EMPTY,
                            };
                            sorted.len += 1;
                            nth
                        }
                        // Behind its last slot a span has bytes that belong to none.
                        _ => {
                            findings.add(Misuse::NotAnObject, address);
                            continue;
                        }
                    },
                };
            }
            let Some(batch) = sorted.batches.get_mut(nth) else {
                continue;
            };
            match geometry.slot_within(address - batch.start) {
                None => findings.add(Misuse::NotAnObject, address),
                Some(slot) => {
                    if !batch.slots.insert(slot.index()) {
                        findings.add(Misuse::DoubleFree, address);
                    }
                }
            }
        }
        &[]
    }

    /// The record of the span of `class` at `address`, and where the span begins.
    #[inline(never)]
    fn span_of(
        &self,
        labels: &Labels,
        class: SizeClass,
        address: usize,
    ) -> Option<(SpanId, usize)> {
        let shift = const { P::PAGE_SIZE.trailing_zeros() };
        let page = labels.page_by(address, shift)?;
        let (found, _) = labels.label(page).as_small()?;
        if found != class {
            return None;
        }
        let first = self.first_page(labels, page, class);
        Some((self.pages.span_at(page), labels.address_of(first)))
    }

    /// The first page of the span of `class` that `page` is of.
    #[inline(always)]
    pub(crate) fn first_page(
        &self,
        labels: &Labels,
        page: PageIndex,
        class: SizeClass,
    ) -> PageIndex {
        let geometry = self.geometry(class);
        let span = self.pages.span_at(page);
        let mut first = page;
        for _ in 1..geometry.pages.index() {
            let Some(before) = first.0.checked_sub(1).map(PageIndex) else {
                break;
            };
            let same = labels.label(before).as_small();
            if same.is_none_or(|(other, _)| other != class) || self.pages.span_at(before) != span {
                break;
            }
            first = before;
        }
        first
    }
}
