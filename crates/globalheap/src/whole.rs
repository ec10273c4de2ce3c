//! Objects of whole pages: each is a run of its own, without a record.
//!
//! Only the first page of such an object has a label. It is true of no other page than that of an object in use, or of one that a thread
//! keeps.

use core::ptr::NonNull;

use heap::{OwnerId, PageCount, PlainPages, Run, SizeClass};
use miniheap::{SpanClasses, Spans};

use crate::global::GlobalHeap;
use crate::report::{Findings, Misuse, Report};
use crate::tuning::KEPT_WHOLE_BYTES;

impl<P: PlainPages, R: Report> GlobalHeap<P, R> {
    /// Claims the only slots of so many spans of `class` for `owner` and passes them to `take`. Returns their number: less than
    /// `wanted` when there is no memory.
    pub(crate) fn claim_whole(
        &self,
        (class, owner): (SizeClass, OwnerId),
        wanted: usize,
        mut take: impl FnMut(NonNull<u8>),
    ) -> usize {
        let pages = SpanClasses::geometry(class).pages;
        let fetch = || {
            let first = self.pages.allocate_span(pages)?;
            // Of spans that were here before.
            self.pages.clear_labels(Run { first, pages });
            Some(first)
        };
        for nth in 0..wanted {
            let first = self.class(class).take_whole(fetch);
            let start = first.and_then(|first| {
                self.pages.label_whole(first, class, owner);
                NonNull::new(self.labels().address_of(first) as *mut u8)
            });
            match start {
                Some(start) => take(start),
                None => return nth,
            }
        }
        wanted
    }

    /// Takes such objects back.
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
            // What is nobody's has properties that end with it.
            let most = if owner == OwnerId::NOBODY {
                0
            } else {
                most_kept(&spans)
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

/// Runs that a class keeps, at most.
fn most_kept(spans: &Spans) -> usize {
    KEPT_WHOLE_BYTES / spans.geometry().bytes_of_slots()
}
