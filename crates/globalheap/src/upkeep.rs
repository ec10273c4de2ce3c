//! Unused pages go back to the system.
//!
//! Slow paths look at a coarse clock and do what is due ([`GlobalHeap::upkeep`]), unless there is a thread for it. A layer above with
//! more to do from time to time looks at the same clock, and takes the steps by itself.

use core::sync::atomic::Ordering;

use heap::{PlainPages, Run, SizeClass};
use miniheap::SpanClasses;

use crate::global::GlobalHeap;
use crate::report::Report;
use crate::tuning::{PURGE_MS, SLICE_NS, SLICE_PAUSE_MS, TRIM_MS};

/// What came of a look for pages that have been unused for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purged {
    /// It was not time.
    NotDue,
    /// There are more.
    InPart,
    /// There are no more for now.
    Done,
}

impl<P: PlainPages, R: Report> GlobalHeap<P, R> {
    /// Gives back pages that have been unused for long, if it is time to look for them.
    #[inline]
    pub fn upkeep(&self) {
        let now = self.pages.clock_ms();
        if self.is_upkeep_due(now) && !self.is_in_background() {
            let _ = self.pages.aside(|| self.upkeep_due(now));
        }
    }

    #[cold]
    #[inline(never)]
    fn upkeep_due(&self, now: u64) {
        if self.purge_if_due(now, PURGE_MS) == Purged::InPart {
            self.set_next_upkeep(now + SLICE_PAUSE_MS);
        }
    }

    /// Whether it is time for the next look. Cheap.
    #[inline]
    pub fn is_upkeep_due(&self, now: u64) -> bool {
        self.purging.is_due(now)
    }

    /// The time of the next look.
    pub fn next_upkeep(&self) -> u64 {
        self.purging.next()
    }

    /// Sets the time of the next look.
    pub fn set_next_upkeep(&self, then: u64) {
        self.purging.set_next(then);
    }

    /// Gives back pages that have been unused for long, if it is time to look for them; the next time is `interval`
    /// milliseconds later.
    pub fn purge_if_due(&self, now: u64, interval: u64) -> Purged {
        if !self.claim_upkeep(now, interval) {
            return Purged::NotDue;
        }
        self.purge_unused()
    }

    /// Whether upkeep is due; of several threads that ask, one is told so. It is due again `interval` milliseconds later.
    pub fn claim_upkeep(&self, now: u64, interval: u64) -> bool {
        self.purging.claim(now, interval)
    }

    /// Gives back pages that have been unused for long, and what waits in vain for threads that want it.
    pub fn purge_unused(&self) -> Purged {
        self.send_home();
        if self.purging.claim_trim(self.pages.clock_ms(), TRIM_MS) {
            self.trim_records(false);
        }
        match self.pages.purge(false, SLICE_NS) {
            true => Purged::InPart,
            false => Purged::Done,
        }
    }

    /// Gives back all unused pages now.
    pub fn purge(&self) {
        self.send_home();
        self.trim_records(true);
        let _ = self.pages.purge(true, u64::MAX);
    }

    /// The same for about as long as nobody minds to wait; says whether there are more.
    pub fn purge_slice(&self) -> bool {
        let act = || {
            self.send_home();
            self.trim_records(true);
            self.pages.purge(true, SLICE_NS)
        };
        self.pages.aside(act).unwrap_or(false)
    }

    /// Gives back all that can be given back now, what is in stock for spans to come included.
    pub fn give_back_all(&self) {
        self.send_home();
        self.used_classes()
            .for_each(|class| self.give_back_stock(class));
        self.trim_records(true);
        let _ = self.pages.purge(true, u64::MAX);
    }

    /// Bytes of records that nobody uses.
    pub fn idle_record_bytes(&self) -> usize {
        self.used_classes()
            .map(|class| self.class(class).idle_bytes())
            .sum()
    }

    /// Gives back the memory of records that nobody uses: of all, or where nobody did the last time either.
    fn trim_records(&self, all: bool) {
        let page = self.pages.system_page();
        let has_records = |class: &SizeClass| !SpanClasses::is_whole(*class);
        for class in self.used_classes().filter(has_records) {
            let mut from = Some(0);
            while let Some(place) = from {
                from = self.class(class).trim(&self.pages, place, page, all);
            }
        }
    }

    /// Gives back the runs that a class has in stock for spans to come.
    fn give_back_stock(&self, class: SizeClass) {
        let mut spans = self.class(class);
        let pages = spans.geometry().pages;
        while let Some(first) = spans.take_stock(&self.pages) {
            // SAFETY: the run was allocated for a span, is private, and in nobody's hands.
            unsafe { self.pages.free_span(Run { first, pages }) };
        }
    }

    /// Gives back the pages of a span whose last object is gone, and that its class does not know any more; the caller has its lock.
    pub(crate) fn free_emptied(&self, run: Run) {
        self.pages.clear_labels(run);
        // SAFETY: the span was on pages of its own, and nobody uses it any more.
        unsafe { self.pages.free_span(run) };
    }

    /// Gives back the spans that were emptied and that their classes keep; says whether there were any. Its frame is not above those of
    /// a release: some stacks are small.
    #[inline(never)]
    pub(crate) fn give_back_kept(&self) -> bool {
        // Relaxed: who keeps one meanwhile is noticed the next time.
        if !self.keeps.swap(false, Ordering::Relaxed) {
            return false;
        }
        for class in self.used_classes() {
            if SpanClasses::is_whole(class) {
                self.give_back_stock(class);
                continue;
            }
            let mut spans = self.class(class);
            while let Some(run) = spans.give_up_kept() {
                self.free_emptied(run);
            }
        }
        true
    }

    /// Says whether there is a thread that does what is due every now and then: then nobody else does unless asked to.
    pub fn set_background(&self, background: bool) {
        self.purging.set_background(background);
    }

    /// Whether there is such a thread.
    #[inline]
    pub fn is_in_background(&self) -> bool {
        self.purging.is_in_background()
    }
}
