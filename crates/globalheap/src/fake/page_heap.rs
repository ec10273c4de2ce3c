//! The model as a [`PageHeap`], with the contract of each call checked.

use core::alloc::Layout;
use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use heap::{
    Barrier, Label, Labels, LargeRun, Metadata, OwnerId, PageCount, PageHeap, PageIndex, Refused,
    Run, SizeClass, SpanId, SpinLock,
};

use super::memory::{Purpose, pages};
use super::{BASE, FakePages, PAGE};

fn zeroed(layout: Layout) -> Option<NonNull<u8>> {
    assert_ne!(layout.size(), 0);
    // SAFETY: the size is not zero.
    NonNull::new(unsafe { std::alloc::alloc_zeroed(layout) })
}

fn scratch_layout(bytes: usize) -> Layout {
    Layout::from_size_align(bytes.next_multiple_of(PAGE), PAGE).expect("a layout")
}

impl FakePages {
    fn grant(&self, name: &'static str) -> Result<(), Refused> {
        if self.refusals.grant(name) {
            Ok(())
        } else {
            Err(Refused)
        }
    }

    fn set_label(&self, page: PageIndex, label: Label) {
        self.words[page.index()].write(label.0);
    }

    fn label_large(&self, run: Run) {
        pages(run).for_each(|page| self.set_label(page, Label::LARGE_END));
        self.set_label(run.first, Label::LARGE);
    }
}

// SAFETY: each block is a fresh one of the system's allocator, zeroed, and is never given back.
unsafe impl Metadata for FakePages {
    fn metadata(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.grant("metadata").ok()?;
        zeroed(layout)
    }
}

// SAFETY: the model keeps runs apart, and panics when a step would change what the program sees.
unsafe impl PageHeap for FakePages {
    const PAGE_SIZE: usize = PAGE;
    type Lock = SpinLock;

    fn labels(&self) -> Labels {
        let words = NonNull::from(&self.words[0]);
        // SAFETY: the words live as long as the fake, and a test drops it last.
        unsafe { Labels::new(BASE, self.words.len(), PAGE.trailing_zeros(), words) }
    }

    fn allocate_span(&self, pages: PageCount) -> Option<PageIndex> {
        self.grant("allocate_span").ok()?;
        let memory = &mut self.state().memory;
        let run = memory.find_unused(pages, 1)?;
        memory.take(run, Purpose::Span, 0xa5);
        Some(run.first)
    }

    unsafe fn free_span(&self, run: Run) {
        let memory = &mut self.state().memory;
        assert!(
            pages(run).all(|page| !memory.is_shared(page)),
            "{run:?} is on shared pages"
        );
        memory.retire(run, Purpose::Span);
    }

    fn label_span(&self, run: Run, class: SizeClass, owner: OwnerId, id: SpanId) {
        let memory = &mut self.state().memory;
        assert!(memory.run_at(run.first, Purpose::Span) == Some(run));
        for page in pages(run) {
            memory.pages[page.index()].record = id.0;
            self.set_label(page, Label::small(class, owner));
        }
    }

    fn set_owner(&self, run: Run, class: SizeClass, owner: OwnerId) {
        assert!(self.state().memory.run_at(run.first, Purpose::Span) == Some(run));
        pages(run).for_each(|page| self.set_label(page, Label::small(class, owner)));
    }

    fn span_at(&self, page: PageIndex) -> SpanId {
        SpanId(self.state().memory.pages[page.index()].record)
    }

    fn allocate_large(&self, pages: PageCount, align: PageCount) -> Option<LargeRun> {
        self.grant("allocate_large").ok()?;
        let memory = &mut self.state().memory;
        let run = memory.find_unused(pages, align.0)?;
        // Sometimes the pages were used before.
        let zeroed = run.first.0.is_multiple_of(2);
        memory.take(run, Purpose::Large, if zeroed { 0 } else { 0x5a });
        self.label_large(run);
        Some(LargeRun {
            first: run.first,
            zeroed,
        })
    }

    fn large_pages(&self, page: PageIndex) -> Option<PageCount> {
        let run = self.state().memory.run_at(page, Purpose::Large)?;
        Some(run.pages)
    }

    unsafe fn free_large(&self, page: PageIndex) -> Option<PageCount> {
        let memory = &mut self.state().memory;
        let run = memory.run_at(page, Purpose::Large)?;
        memory.retire(run, Purpose::Large);
        self.set_label(page, Label::UNLABELLED);
        Some(run.pages)
    }

    unsafe fn resize_large(&self, page: PageIndex, count: PageCount) -> bool {
        if self.grant("resize_large").is_err() {
            return false;
        }
        let memory = &mut self.state().memory;
        let run = memory
            .run_at(page, Purpose::Large)
            .expect("a large object starts here");
        let grown = Run {
            first: page,
            pages: count,
        };
        if count > run.pages {
            let extra = Run {
                first: run.end(),
                pages: PageCount(count.0 - run.pages.0),
            };
            if !memory.is_unused(extra) {
                return false;
            }
        }
        memory.resize(run, count);
        self.label_large(grown);
        true
    }

    unsafe fn move_large(&self, page: PageIndex, count: PageCount) -> Option<PageIndex> {
        self.grant("move_large").ok()?;
        let memory = &mut self.state().memory;
        let old = memory
            .run_at(page, Purpose::Large)
            .expect("a large object starts here");
        if count <= old.pages {
            return None;
        }
        let new = memory.find_unused(count, 1)?;
        memory.take(new, Purpose::Large, 0);
        for (from, to) in pages(old).zip(pages(new)) {
            let frame = memory.detach(from);
            memory.put(to, frame);
        }
        let address = |run: Run| BASE + run.first.index() * PAGE;
        memory.move_object(address(old), address(new));
        memory.retire(old, Purpose::Large);
        self.set_label(page, Label::UNLABELLED);
        self.label_large(new);
        Some(new.first)
    }

    fn mappings_permit(&self) -> bool {
        self.grant("mappings_permit").is_ok()
    }

    fn mappings_left(&self) -> usize {
        let limit = self.mappings_limit.load(Ordering::Relaxed);
        if limit == usize::MAX {
            // To count takes its time.
            return limit;
        }
        limit.saturating_sub(self.state().memory.borders())
    }

    fn mappings_permitted(&self) -> usize {
        self.mappings_limit.load(Ordering::Relaxed)
    }

    fn mappings_to_share(&self, run: Run) -> usize {
        let memory = &self.state().memory;
        if memory.is_shared(run.first) {
            return 0;
        }
        let ends = [run.first, run.end()];
        ends.iter().filter(|&&page| !memory.is_border(page)).count()
    }

    fn mappings_to_dissolve(&self, run: Run) -> usize {
        let memory = &mut self.state().memory;
        let now = memory.borders();
        let ontos: Vec<_> = pages(run)
            .map(|page| memory.pages[page.index()].onto.take())
            .collect();
        let then = memory.borders();
        for (page, onto) in pages(run).zip(ontos) {
            memory.pages[page.index()].onto = onto;
        }
        then.saturating_sub(now)
    }

    fn begin_barrier(&self) -> Barrier {
        let state = &mut *self.state();
        state.barriers += 1;
        assert_eq!(state.barriers, 1, "there is one barrier at a time");
        Barrier(state.barriers)
    }

    fn is_named(&self, run: Run) -> bool {
        assert_eq!(self.state().barriers, 1, "later calls would not wait");
        let named = self.named.lock().unwrap();
        pages(run).any(|page| named.contains(&page))
    }

    fn each_named(&self, mut act: impl FnMut(Run)) {
        if self.named_late.load(Ordering::Relaxed) {
            return;
        }
        for &first in self.named.lock().unwrap().iter() {
            let pages = PageCount(1);
            act(Run { first, pages });
        }
    }

    fn end_barrier(&self, barrier: Barrier) {
        let state = &mut *self.state();
        assert_eq!(barrier.0, state.barriers);
        let protected = state.memory.pages.iter().any(|page| page.protected);
        assert!(!protected, "whoever writes there now waits for nobody");
        let missing = state.memory.pages.iter().any(|page| page.missing);
        assert!(!missing, "the next mapping of the child would be there");
        state.barriers = 0;
    }

    fn protect(&self, run: Run) -> Result<(), Refused> {
        self.grant("protect")?;
        let state = &mut *self.state();
        assert_eq!(state.barriers, 1, "nobody would wait");
        for page in pages(run) {
            assert!(
                !self.named.lock().unwrap().contains(&page),
                "the kernel would fail to write to {page:?}"
            );
            state.memory.pages[page.index()].protected = true;
        }
        Ok(())
    }

    fn stops_the_kernel(&self) -> bool {
        self.stops_the_kernel.load(Ordering::Relaxed)
    }

    fn protect_from_all(&self, run: Run) -> Result<(), Refused> {
        if self.stops_the_kernel() {
            self.protect(run)
        } else {
            Err(Refused)
        }
    }

    fn unprotect(&self, run: Run) {
        let memory = &mut self.state().memory;
        pages(run).for_each(|page| memory.pages[page.index()].protected = false);
    }

    fn open_shared(&self, run: Run) -> Result<(), Refused> {
        self.grant("open_shared")?;
        let state = &mut *self.state();
        assert_eq!(state.memory.spans_at(run.first, run.pages.index()), run);
        state.shared.open(&mut state.memory, run);
        Ok(())
    }

    unsafe fn copy_to_shared(&self, from: PageIndex, to: PageIndex, offset: usize, len: usize) {
        let state = &mut *self.state();
        let run = state.memory.spans_at(from, (offset + len).div_ceil(PAGE));
        assert!(pages(run).all(|page| state.memory.pages[page.index()].protected));
        let onto = Run { first: to, ..run };
        let frames = state.shared.opened(onto);
        state.memory.copy_to_frames(from, &frames, offset, len);
        // Whoever is on the shared pages already has nothing at these places.
        state.memory.verify_all();
    }

    fn close_shared(&self) {
        self.state().shared.close();
    }

    unsafe fn alias(&self, run: Run, onto: PageIndex) -> Result<(), Refused> {
        self.grant("alias")?;
        let state = &mut *self.state();
        assert_eq!(state.memory.spans_at(run.first, run.pages.index()), run);
        assert_eq!(state.barriers, 1, "nobody would wait");
        let frames = state.shared.opened(Run { first: onto, ..run });
        let onto_pages = pages(Run { first: onto, ..run });
        for ((page, frame), onto) in pages(run).zip(frames).zip(onto_pages) {
            let safe = state.child || state.memory.pages[page.index()].protected;
            assert!(safe, "a write could get lost");
            state.memory.put(page, Some(frame));
            state.memory.pages[page.index()].onto = Some(onto);
        }
        state.memory.verify_run(run);
        Ok(())
    }

    unsafe fn free_shared(&self, run: Run) {
        let state = &mut *self.state();
        state.memory.punch(state.shared.get(run));
        // Nobody who is still on them has an object there.
        state.memory.verify_all();
    }

    unsafe fn dissolve(&self, run: Run) -> Result<(), Refused> {
        self.grant("dissolve")?;
        self.state().memory.retire(run, Purpose::Span);
        Ok(())
    }

    fn lock_for_fork(&self) {
        let state = &mut *self.state();
        assert_eq!(
            state.barriers, 0,
            "a writer who waits at the barrier may hold the lock"
        );
    }

    fn lock_shared_for_fork(&self) {
        self.state().locked_for_fork = true;
    }

    unsafe fn unlock_after_fork(&self) {
        let state = &mut *self.any_state();
        assert!(
            core::mem::take(&mut state.locked_for_fork),
            "the lock is open"
        );
    }

    fn reserve_snapshot(&self, run: Run) -> Result<(), Refused> {
        self.grant("reserve_snapshot")?;
        let state = &mut *self.state();
        let shared = state.shared.get(run);
        assert!(!shared.is_empty(), "there is nothing to copy");
        state.snapshot.open(&mut state.memory, run);
        Ok(())
    }

    fn copy_to_snapshot(&self, run: Run) {
        let state = &mut *self.state();
        let from = state.shared.get(run);
        let to = state.snapshot.opened(run);
        state.memory.copy_frames(&from, &to);
    }

    fn drop_snapshot(&self) {
        let state = &mut *self.state();
        let snapshot = core::mem::take(&mut state.snapshot);
        state.memory.punch(snapshot.frames());
    }

    fn adopt_snapshot(&self) {
        let state = &mut *self.state();
        // Spans stay on the old frames until they are moved; those have no name any more.
        state.shared = core::mem::take(&mut state.snapshot);
    }

    fn fill(&self, run: Run) -> Result<(), Refused> {
        self.grant("fill")?;
        let state = &mut *self.state();
        state.memory.put_on_private_pages(run, 0);
        Ok(())
    }

    fn next_shared(&self, from: PageIndex) -> Option<PageIndex> {
        let memory = &self.state().memory;
        let all = u32::try_from(memory.pages.len()).expect("few pages");
        let is_shared = |&page: &PageIndex| memory.is_shared(page);
        (from.0..all).map(PageIndex).find(is_shared)
    }

    unsafe fn make_private(&self, run: Run, onto: PageIndex) -> Result<(), Refused> {
        self.grant("make_private")?;
        let state = &mut *self.state();
        let from = state.shared.get(Run { first: onto, ..run });
        state.memory.put_on_private_pages(run, 0);
        let to = state.memory.frames_of(run);
        state.memory.copy_frames(&from, &to);
        state.memory.verify_run(run);
        Ok(())
    }

    fn map_scratch(&self, bytes: usize) -> Option<NonNull<u8>> {
        self.grant("map_scratch").ok()?;
        self.state().scratch += 1;
        zeroed(scratch_layout(bytes))
    }

    unsafe fn unmap_scratch(&self, scratch: NonNull<u8>, bytes: usize) {
        self.state().scratch -= 1;
        // SAFETY: mapped with this length (contract).
        unsafe { std::alloc::dealloc(scratch.as_ptr(), scratch_layout(bytes)) };
    }

    fn purge(&self, all: bool, nanoseconds: u64) -> bool {
        self.purges.lock().unwrap().push((self.clock_ms(), all));
        let parts = self.purge_parts.load(Ordering::Relaxed);
        let left = if nanoseconds == u64::MAX {
            0
        } else {
            parts.saturating_sub(1)
        };
        self.purge_parts.store(left, Ordering::Relaxed);
        left > 0
    }

    fn clock_ms(&self) -> u64 {
        self.clock_ms.load(Ordering::Relaxed)
    }

    fn clock_ns(&self) -> u64 {
        self.ticks_ns.fetch_add(1, Ordering::Relaxed)
    }

    fn entropy(&self) -> u64 {
        // One seed for all tests: their own choices vary.
        0x9e37_79b9_7f4a_7c15
    }
}
