//! Objects of whole pages: each is a run of its own, without a record.
//!
//! Only the first page of such an object has a label. It is true of no other page than that of an object in use, or of one that a thread
//! keeps. Any address in that page has the same label. So that of a long object names no owner, and who frees one looks closer.

use core::ptr::NonNull;

use heap::{ClassMap, OwnerId, PageCount, PageIndex, PlainPages, Run, SizeClass};
use miniheap::SpanClasses;

use crate::global::GlobalHeap;
use crate::report::{Findings, Misuse, Report};
use crate::tuning::{OWNED_BYTES, most_kept};

impl<P: PlainPages, R: Report> GlobalHeap<P, R> {
    /// Claims so many objects of `class` for `owner`, and passes each to `take`. Returns their number: less when there is no memory.
    #[inline]
    pub fn claim_whole(
        &self,
        class: SizeClass,
        owner: OwnerId,
        wanted: usize,
        mut take: impl FnMut(NonNull<u8>),
    ) -> usize {
        match self.claim_some_whole(class, owner, wanted, &mut take) {
            // Pages come back with what waits for other threads, perhaps.
            0 if self.send_home() => self.claim_some_whole(class, owner, wanted, &mut take),
            taken => taken,
        }
    }

    /// [`claim_whole`](Self::claim_whole) of what there is memory for now.
    #[inline(never)]
    fn claim_some_whole(
        &self,
        class: SizeClass,
        owner: OwnerId,
        wanted: usize,
        take: &mut impl FnMut(NonNull<u8>),
    ) -> usize {
        let is_long = SpanClasses::object_size(class) > OWNED_BYTES;
        let owner = if is_long { OwnerId::NOBODY } else { owner };
        for nth in 0..wanted {
            let kept = self.class(class).take_whole(&self.pages);
            let Some(first) = kept.or_else(|| self.new_whole(class)) else {
                return nth;
            };
            self.pages.label_whole(first, class, owner);
            let start = self.labels().address_of(first);
            let Some(object) = NonNull::new(core::ptr::with_exposed_provenance_mut(start)) else {
                return nth;
            };
            take(object);
        }
        wanted
    }

    /// A new run for an object. The lock is not held while it is fetched, since the arena may have to grow.
    fn new_whole(&self, class: SizeClass) -> Option<PageIndex> {
        let pages = self.geometry(class).pages;
        let first = self.pages.allocate_span(pages)?;
        debug_assert!(self.is_unlabelled(Run { first, pages }));
        self.class(class).add_whole();
        Some(first)
    }

    /// Whether nothing is said of these pages: of a run that nobody uses, nothing may be.
    fn is_unlabelled(&self, run: Run) -> bool {
        let labels = self.labels();
        let mut pages = (run.first.0..run.end().0).map(PageIndex);
        pages.all(|page| labels.label(page).as_small().is_none())
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
        let pages = self.geometry(class).pages;
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
            let kept = spans.give_back_whole(&self.pages, first, most);
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
