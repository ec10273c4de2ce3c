//! Spans and large objects on real pages: apart, aligned, whole, and zero where that is promised.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arena::{Arena, Os};
use heap::{LargePages, OwnerId, PageCount, PageIndex, SizeClass, SpanId, SpanPages, Upkeep};
use proptest::prelude::*;

use crate::bytes::{Owned, PAGE};
use crate::confined::Confined;

/// Bytes of addresses for one arena.
const SMALL: usize = 16 << 20;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Span(u32),
    Large { pages: u32, align: u32 },
    Growing { pages: u32, more: u32 },
    Free(usize),
    Resize { nth: usize, pages: u32 },
    Move { nth: usize, more: u32, room: u32 },
    Purge { all: bool },
    Wait(u64),
}

fn steps(most_pages: u32) -> impl Strategy<Value = Vec<Step>> {
    let pages = move || prop_oneof![4 => 1..=8_u32, 1 => 1..=most_pages];
    let step = prop_oneof![
        4 => (1..=20_u32).prop_map(Step::Span),
        4 => (pages(), 0..=6_u32).prop_map(|(pages, shift)| Step::Large { pages, align: 1 << shift }),
        2 => (pages(), 0..50_u32).prop_map(|(pages, more)| Step::Growing { pages, more }),
        5 => (0..1000_usize).prop_map(Step::Free),
        3 => (0..1000_usize, pages()).prop_map(|(nth, pages)| Step::Resize { nth, pages }),
        2 => (0..1000_usize, 1..100_u32, 0..50_u32).prop_map(|(nth, more, room)| Step::Move { nth, more, room }),
        1 => any::<bool>().prop_map(|all| Step::Purge { all }),
        1 => (1..2_000_u64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..80)
}

/// What a test has, by first page, with the pattern that is written there.
pub(crate) struct Tenant<O: Os> {
    pub(crate) arena: Arena<O>,
    clock_ms: Arc<AtomicU64>,
    spans: BTreeMap<PageIndex, (Owned, u64)>,
    large: BTreeMap<PageIndex, (Owned, u64)>,
    written: u64,
    /// Pages that the arena has ever handed out: in use or in its stores.
    known: usize,
}

impl Tenant<Confined> {
    fn new(limit: usize, page: usize) -> Self {
        let os = Confined::to(limit).with_pages_of(page);
        let clock_ms = os.clock();
        Self::of(Arena::new(os), clock_ms)
    }
}

impl<O: Os> Tenant<O> {
    pub(crate) fn of(arena: Arena<O>, clock_ms: Arc<AtomicU64>) -> Self {
        Self {
            arena,
            clock_ms,
            spans: BTreeMap::new(),
            large: BTreeMap::new(),
            written: 0,
            known: 0,
        }
    }

    /// As many pages as large objects can have.
    fn whole(&self, pages: u32) -> u32 {
        self.arena.grain().count_up(PageCount(pages)).0
    }

    fn next_pattern(&mut self) -> u64 {
        self.written += 1;
        self.written
    }

    fn owned(&self, first: PageIndex, pages: u32) -> Owned {
        let owned = Owned::of(&self.arena, first, PageCount(pages));
        let pages = |other: &Owned| other.run.first.0..other.run.end().0;
        let apart = |a: Range<usize>, b: Range<usize>| a.end <= b.start || b.end <= a.start;
        let mut others = self.spans.values().chain(self.large.values());
        assert!(
            others.all(|(other, _)| apart(pages(&owned), pages(other))),
            "{owned:?}"
        );
        owned
    }

    pub(crate) fn apply(&mut self, step: &Step) {
        match *step {
            Step::Span(pages) => {
                if let Some(first) = self.arena.allocate_span(PageCount(pages)) {
                    let owned = self.owned(first, pages);
                    let pattern = self.next_pattern();
                    owned.fill(pattern);
                    self.spans.insert(first, (owned, pattern));
                }
            }
            Step::Large { pages, align } => {
                let pages = self.whole(pages);
                if let Some(run) = self
                    .arena
                    .allocate_large(PageCount(pages), PageCount(align))
                {
                    let owned = self.owned(run.first, pages);
                    let address = owned.start().addr().get();
                    assert!(address.is_multiple_of(align as usize * PAGE));
                    assert!(!run.zeroed || owned.is_zero());
                    let pattern = self.next_pattern();
                    owned.fill(pattern);
                    self.large.insert(run.first, (owned, pattern));
                }
            }
            Step::Growing { pages, more } => {
                let room = PageCount(self.whole(pages + more));
                let pages = PageCount(self.whole(pages));
                if let Some(run) = self.arena.allocate_growing(pages, room) {
                    let owned = self.owned(run.first, pages.0);
                    assert!(!run.zeroed || owned.is_zero());
                    let pattern = self.next_pattern();
                    owned.fill(pattern);
                    self.large.insert(run.first, (owned, pattern));
                }
            }
            Step::Free(nth) => {
                let count = self.spans.len() + self.large.len();
                if count == 0 {
                    return;
                }
                let nth = nth % count;
                if nth < self.spans.len() {
                    let (&first, _) = self.spans.iter().nth(nth).expect("counted");
                    self.free_span(first);
                } else {
                    let (&first, _) = self
                        .large
                        .iter()
                        .nth(nth - self.spans.len())
                        .expect("counted");
                    self.free_large(first);
                }
            }
            Step::Resize { nth, pages } => {
                if let Some((owned, pattern)) = self.nth_large(nth) {
                    self.resize(owned, pattern, self.whole(pages));
                }
            }
            Step::Move { nth, more, room } => {
                if let Some((owned, pattern)) = self.nth_large(nth) {
                    let pages = self.whole(owned.run.pages.0 + more);
                    self.move_to(owned, pattern, pages, self.whole(pages + room));
                }
            }
            Step::Purge { all } => assert!(!self.arena.purge(all, u64::MAX)),
            Step::Wait(milliseconds) => {
                self.clock_ms.fetch_add(milliseconds, Ordering::Relaxed);
            }
        }
    }

    /// Whether there are so many runs at least.
    pub(crate) fn holds(&self, runs: usize) -> bool {
        self.spans.len() + self.large.len() >= runs
    }

    fn nth_large(&self, nth: usize) -> Option<(Owned, u64)> {
        let count = self.large.len();
        (count > 0).then(|| *self.large.values().nth(nth % count).expect("counted"))
    }

    fn free_span(&mut self, first: PageIndex) {
        let (owned, pattern) = self.spans.remove(&first).expect("a span");
        owned.verify(pattern, usize::MAX);
        // SAFETY: the span is private, and given up.
        unsafe { self.arena.free_span(owned.run) };
    }

    fn free_large(&mut self, first: PageIndex) {
        let (owned, pattern) = self.large.remove(&first).expect("a large object");
        owned.verify(pattern, usize::MAX);
        assert_eq!(self.arena.large_pages(first), Some(owned.run.pages));
        // SAFETY: the object is given up.
        let freed = unsafe { self.arena.free_large(first) };
        assert_eq!(freed, Some(owned.run.pages));
        assert_eq!(self.arena.large_pages(first), None);
        // SAFETY: nothing starts there any more, so nothing happens.
        assert_eq!(unsafe { self.arena.free_large(first) }, None);
    }

    fn resize(&mut self, owned: Owned, pattern: u64, pages: u32) {
        let first = owned.run.first;
        // SAFETY: the object is the test's, and what is cut off is given up.
        if !unsafe { self.arena.resize_large(first, PageCount(pages)) } {
            assert!(pages > owned.run.pages.0, "shrinking never fails");
            assert_eq!(self.arena.large_pages(first), Some(owned.run.pages));
            return;
        }
        self.large.remove(&first);
        // An object that was moved keeps the pages that it does not need.
        let now = self.arena.large_pages(first).expect("it is still there");
        assert!(now.0 >= pages && now.0 <= pages.max(owned.run.pages.0));
        let resized = self.owned(first, now.0);
        resized.verify(pattern, owned.run.pages.index().min(pages as usize));
        let pattern = self.next_pattern();
        resized.fill(pattern);
        self.large.insert(first, (resized, pattern));
    }

    fn move_to(&mut self, owned: Owned, pattern: u64, pages: u32, room: u32) {
        let first = owned.run.first;
        // SAFETY: the object is the test's, and used at the new address only.
        let moved = unsafe {
            self.arena
                .move_large(first, PageCount(pages), PageCount(room))
        };
        let Some(moved) = moved else {
            return;
        };
        self.large.remove(&first);
        let moved = self.owned(moved, pages);
        moved.verify(pattern, owned.run.pages.index());
        assert_eq!(self.arena.large_pages(first), None);
        assert_eq!(
            self.arena.large_pages(moved.run.first),
            Some(PageCount(pages))
        );
        let pattern = self.next_pattern();
        moved.fill(pattern);
        self.large.insert(moved.run.first, (moved, pattern));
    }

    /// Everything is as it was written, and no page is lost.
    pub(crate) fn check(&mut self) {
        let mut pages = 0;
        for (owned, pattern) in self.spans.values().chain(self.large.values()) {
            owned.verify(*pattern, usize::MAX);
            pages += owned.run.pages.index();
        }
        let stats = self.arena.stats();
        let known = pages + (stats.clean + stats.dirty + stats.gone + stats.ahead) / PAGE;
        assert!(known >= self.known, "{} pages are lost", self.known - known);
        assert!(known * PAGE <= stats.opened + stats.gone);
        self.known = known;
    }

    /// Gives everything back, and shows that no page is lost.
    pub(crate) fn end(mut self) {
        while let Some((&first, _)) = self.spans.first_key_value() {
            self.free_span(first);
        }
        while let Some((&first, _)) = self.large.first_key_value() {
            self.free_large(first);
        }
        self.check();
        assert!(!self.arena.purge(true, u64::MAX));
        self.check();
        let stats = self.arena.stats();
        assert_eq!(stats.dirty, 0);
        assert_eq!(stats.clean + stats.gone, self.known * PAGE);
        // Each page can be had once: none is lost, and none is there twice.
        let mut had = BTreeSet::new();
        while let Some(page) = self.arena.allocate_span(PageCount(1)) {
            assert!(had.insert(page));
        }
        assert_eq!(had.len(), self.arena.labels().page_count());
    }
}

/// Bytes of the system's pages.
fn page() -> impl Strategy<Value = usize> {
    prop::sample::select(&[4 << 10, 16 << 10, 64 << 10][..])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn runs_are_apart_and_keep_their_bytes(steps in steps(200), page in page()) {
        let mut tenant = Tenant::new(SMALL, page);
        for step in &steps {
            tenant.apply(step);
            tenant.check();
        }
        tenant.end();
    }

    /// So few pages that both sides meet and take from each other.
    #[test]
    fn a_full_arena_refuses_and_recovers(steps in steps(120), page in page()) {
        let mut tenant = Tenant::new(2 << 20, page);
        for step in &steps {
            tenant.apply(step);
            tenant.check();
        }
        let room = tenant.arena.labels().page_count();
        prop_assert!(tenant.arena.allocate_span(PageCount(room as u32 + 1)).is_none());
        let most = PageCount(tenant.whole(u32::MAX));
        prop_assert!(tenant.arena.allocate_large(most, PageCount(1)).is_none());
        let one = PageCount(tenant.whole(1));
        prop_assert!(tenant.arena.allocate_large(one, PageCount(1 << 31)).is_none());
        tenant.end();
    }
}

#[test]
fn every_page_can_be_had() {
    let arena = Arena::new(Confined::to(2 << 20));
    let mut taken = Vec::new();
    while let Some(first) = arena.allocate_span(PageCount(1)) {
        let page = Owned::of(&arena, first, PageCount(1));
        page.fill(taken.len() as u64);
        taken.push(page);
    }
    assert_eq!(taken.len(), arena.stats().opened / PAGE);
    assert_eq!(taken.len(), arena.labels().page_count());
    assert!(arena.allocate_large(PageCount(1), PageCount(1)).is_none());
    for (pattern, page) in taken.iter().enumerate() {
        page.verify(pattern as u64, 1);
        // SAFETY: the span is private, and given up.
        unsafe { arena.free_span(page.run) };
    }
    // All of them are one run again, for whoever wants it.
    let all = PageCount(taken.len() as u32);
    let run = arena
        .allocate_large(all, PageCount(1))
        .expect("all pages are free");
    assert!(!run.zeroed);
    // SAFETY: nobody uses it.
    unsafe { arena.free_large(run.first) };
    assert!(!arena.purge(true, u64::MAX));
    let run = arena
        .allocate_large(all, PageCount(1))
        .expect("all pages are free");
    assert!(run.zeroed && Owned::of(&arena, run.first, all).is_zero());
}

#[test]
fn labels_and_records_are_as_they_were_set() {
    let arena = Arena::new(Confined::to(SMALL));
    let first = arena.allocate_span(PageCount(3)).expect("3 pages");
    let labels = arena.labels();
    let span = Owned::of(&arena, first, PageCount(3));
    let class = SizeClass(7);
    arena.label_span(span.run, class, OwnerId(5), SpanId(1234));
    for page in (first.0..first.0 + 3).map(PageIndex) {
        assert_eq!(labels.label(page).as_small(), Some((class, OwnerId(5))));
        assert_eq!(arena.span_at(page), SpanId(1234));
    }
    arena.set_owner(span.run, class, OwnerId(6));
    for page in (first.0..first.0 + 3).map(PageIndex) {
        assert_eq!(labels.label(page).as_small(), Some((class, OwnerId(6))));
        assert_eq!(arena.span_at(page), SpanId(1234));
    }
    assert_eq!(arena.large_pages(first), None);
    let address = span.start().addr().get();
    assert_eq!(
        labels.page_at(address + 2 * PAGE + 17),
        Some(PageIndex(first.0 + 2))
    );
    let start = labels.address_of(labels.first());
    assert_eq!(labels.page_at(start - 1), None);
    assert_eq!(labels.page_at(start + labels.page_count() * PAGE), None);
}
