//! Objects of whole pages: each is a run of its own, without a record.
//!
//! Only the first page of such an object has a label. It is true of no other page than that of an object in use, or of one that a thread
//! keeps. Any address in that page has the same label. So that of a long object names no owner, and who frees one looks closer.

use core::ptr::NonNull;

use heap::{OwnerId, PageCount, PageIndex, PlainPages, Run, SizeClass};
use miniheap::SpanClasses;

use crate::claims::Claims;
use crate::global::GlobalHeap;
use crate::report::{Findings, Misuse, Report};
use crate::span_slots::SpanSlots;
use crate::tuning::{OWNED_BYTES, most_kept};

impl<P: PlainPages, R: Report> GlobalHeap<P, R> {
    /// Claims the only slots of so many spans of `class` for `owner`, or of as many as have room in `claims`. Returns their number: less
    /// when there is no memory.
    #[inline(never)]
    pub(crate) fn claim_whole(
        &self,
        class: SizeClass,
        owner: OwnerId,
        wanted: usize,
        claims: &mut Claims,
    ) -> usize {
        let geometry = SpanClasses::geometry(class);
        let owner = if geometry.bytes_of_slots() > OWNED_BYTES {
            OwnerId::NOBODY
        } else {
            owner
        };
        for nth in 0..wanted {
            if claims.is_full() {
                return nth;
            }
            let kept = self.class(class).take_whole();
            let Some(first) = kept.or_else(|| self.new_whole(class)) else {
                return nth;
            };
            self.pages.label_whole(first, class, owner);
            let start = self.labels().address_of(first);
            claims.push(SpanSlots::one(start, geometry.object_size));
        }
        wanted
    }

    /// A new run for an object. The lock is not held while it is fetched, since the arena may have to grow.
    fn new_whole(&self, class: SizeClass) -> Option<PageIndex> {
        let pages = SpanClasses::geometry(class).pages;
        let first = self.pages.allocate_span(pages)?;
        // Of spans that were here before.
        self.pages.clear_labels(Run { first, pages });
        self.class(class).add_whole();
        Some(first)
    }

    /// Takes such objects back. Its frame is not above those of other releases: some stacks are small.
    #[inline(never)]
    pub(crate) fn release_whole(
        &self,
        class: SizeClass,
        objects: &[NonNull<u8>],
        findings: &mut Findings,
    ) {
        let labels = self.labels();
        let pages = SpanClasses::geometry(class).pages;
        for object in objects {
            let address = object.addr().get();
            let mut spans = self.class(class);
            let page = labels
                .page_at(address)
                .filter(|&page| labels.address_of(page) == address);
            let found = page.and_then(|first| Some((first, labels.label(first).as_small()?)));
            let Some((first, (_, owner))) = found.filter(|(_, (found, _))| *found == class) else {
                findings.add(Misuse::NotAnObject, address);
                continue;
            };
            let its_first = Run {
                first,
                pages: PageCount(1),
            };
            self.pages.clear_labels(its_first);
            // It has properties that end with it.
            let most = match owner {
                OwnerId::NEVER => 0,
                _ => most_kept(spans.geometry()),
            };
            let kept = spans.give_back_whole(first, most);
            drop(spans);
            if kept {
                self.note_kept();
            } else {
                // SAFETY: the object had the run to itself, and is gone.
                unsafe { self.pages.free_span(Run { first, pages }) };
            }
        }
    }
}
