//! A program over a heap, with its objects.

use core::cell::RefCell;
use core::ptr::NonNull;
use std::rc::Rc;

use fakepages::{FakePages, PAGE};
use heap::{ClassMap, OwnerId, SizeClass};
use miniheap::SpanClasses;
use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

use super::{CentralHeap, Claims, GlobalHeap, Misuse, Report, SPANS_AT_ONCE, Standing};

/// A heap that a program can be over.
pub(super) trait Shared: CentralHeap<Pages = FakePages> {
    /// A heap over `pages`.
    fn over(pages: FakePages) -> Self;

    /// The heap that has the spans.
    fn global(&self) -> &GlobalHeap<FakePages, Kept>;

    /// Pages that spans share.
    fn pages_saved(&self) -> usize;

    /// Meshes what there is to mesh.
    fn cycle(&self);

    /// Gives back all that can be given back.
    fn compact(&self);

    /// Whether a cycle is under way.
    fn is_in_cycle(&self) -> bool;
}

/// Keeps what was reported on this thread.
pub(super) struct Kept;

thread_local! {
    static REPORTS: RefCell<Vec<(Misuse, usize)>> = const { RefCell::new(Vec::new()) };
}

impl Report for Kept {
    fn misuse(what: Misuse, address: usize) {
        REPORTS.with_borrow_mut(|reports| reports.push((what, address)));
    }
}

impl Kept {
    /// What was reported since the last call.
    pub(super) fn take() -> Vec<(Misuse, usize)> {
        REPORTS.take()
    }
}

/// An object of the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Object {
    pub(super) class: SizeClass,
    pub(super) start: NonNull<u8>,
}

/// A large object, and how many bytes were asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Large {
    pub(super) start: NonNull<u8>,
    pub(super) size: usize,
}

/// A heap, and the objects that a program has in it. The fake below knows what is written there.
pub(super) struct Program<H> {
    pub(super) heap: Rc<H>,
    pub(super) objects: Vec<Object>,
    pub(super) large: Vec<Large>,
    pub(super) rng: Pcg32,
    written: u64,
}

pub(super) fn class_of(size: usize) -> SizeClass {
    SpanClasses::class_of(size).expect("a small size")
}

impl<H: Shared> Program<H> {
    /// A program that has nothing yet. It writes nothing while a step of the heap runs.
    pub(super) fn new(pages: u32) -> Self {
        Kept::take();
        Self {
            heap: Rc::new(H::over(FakePages::new(pages))),
            objects: Vec::new(),
            large: Vec::new(),
            rng: Pcg32::new(0x1234_5678, 9),
            written: 0,
        }
    }

    pub(super) fn pages(&self) -> &FakePages {
        self.heap.pages()
    }

    /// Some bytes that were not written before.
    fn content(&mut self, len: usize) -> Vec<u8> {
        self.written += 1;
        let mut bytes = Pcg32::new(self.written, 1);
        let mut content = vec![0; len];
        bytes.fill_bytes(&mut content);
        content
    }

    fn write(&mut self, start: NonNull<u8>, len: usize) {
        let content = self.content(len);
        self.pages().write(start.addr().get(), content);
    }

    /// Asks for `wanted` objects, and writes to those that it gets; returns their number.
    pub(super) fn allocate(&mut self, class: SizeClass, owner: OwnerId, wanted: usize) -> usize {
        let (mut got, mut claims) = (Vec::new(), Claims::NONE);
        while got.len() < wanted {
            let (before, left) = (got.len(), wanted - got.len());
            if SpanClasses::is_whole(class) {
                let taken = self
                    .heap
                    .refill_whole(class, owner, left, |object| got.push(object));
                assert_eq!(taken, got.len() - before);
                break;
            }
            let taken = self
                .heap
                .refill(class, owner, left..=left, &mut self.rng, &mut claims);
            let spans = claims.drain().map(|slots| got.extend(slots)).count();
            assert!(spans <= SPANS_AT_ONCE);
            assert!(taken == got.len() - before && taken <= left);
            if taken == 0 {
                break;
            }
        }
        let taken = got.len();
        for start in got {
            self.write(start, SpanClasses::object_size(class));
            self.objects.push(Object { class, start });
        }
        taken
    }

    /// Gives up objects, class by class.
    pub(super) fn release(&mut self, objects: &[Object]) {
        for object in objects {
            self.pages().forget(object.start.addr().get());
        }
        self.objects.retain(|object| !objects.contains(object));
        let classes =
            std::collections::BTreeSet::from_iter(objects.iter().map(|object| object.class));
        for class in classes {
            let of_class = objects.iter().filter(|object| object.class == class);
            let slots: Vec<_> = of_class.map(|object| object.start).collect();
            // SAFETY: the program had these objects, and has given them up.
            unsafe { self.heap.release(class, &slots) };
        }
    }

    /// Gives up all but about one object in `share`, at random.
    pub(super) fn thin_out(&mut self, share: u32) {
        let (rng, objects) = (&mut self.rng, &self.objects);
        let given_up = objects
            .iter()
            .filter(|_| !rng.next_u32().is_multiple_of(share));
        let given_up: Vec<_> = given_up.copied().collect();
        self.release(&given_up);
    }

    /// Gives up about one object in `share`, at random.
    pub(super) fn release_one_in(&mut self, share: u32) {
        let (rng, objects) = (&mut self.rng, &self.objects);
        let given_up = objects
            .iter()
            .filter(|_| rng.next_u32().is_multiple_of(share));
        let given_up: Vec<_> = given_up.copied().collect();
        self.release(&given_up);
    }

    /// Writes to all objects, so that a page that was left protected, or is another process's, is found.
    pub(super) fn write_all(&mut self) {
        for object in self.objects.clone() {
            self.write(object.start, SpanClasses::object_size(object.class));
        }
        for large in self.large.clone() {
            self.write(large.start, large.size);
        }
    }

    /// Asks for a large object; says whether it got one.
    pub(super) fn allocate_large(&mut self, size: usize, align: usize) -> bool {
        let Some(block) = self.heap.allocate_large(size, align) else {
            return false;
        };
        assert!(block.start.addr().get().is_multiple_of(align));
        self.write(block.start, size);
        self.large.push(Large {
            start: block.start,
            size,
        });
        true
    }

    /// Asks for another size of a large object; says whether it got it.
    pub(super) fn resize_large(&mut self, index: usize, size: usize) -> bool {
        let Large {
            start,
            size: before,
        } = self.large[index];
        if size < before {
            self.pages().truncate(start.addr().get(), size);
        }
        // SAFETY: the program has the object, and gives up what is cut off.
        let resized = unsafe { self.heap.resize_large(start, size) };
        let Some(start) = resized else {
            self.large[index].size = size.min(before);
            return false;
        };
        self.pages().verify();
        self.write(start, size);
        self.large[index] = Large { start, size };
        true
    }

    pub(super) fn free_large(&mut self, index: usize) {
        let large = self.large.swap_remove(index);
        self.pages().forget(large.start.addr().get());
        // SAFETY: the program had the object, and has given it up.
        unsafe { self.heap.free_large(large.start) };
    }

    /// Panics if a lock is held.
    pub(super) fn assert_open(&self) {
        assert!(!self.heap.is_in_cycle(), "the lock of the cycle is held");
        let held = self.heap.global().hold_still(Standing::Inside);
        assert!(held.is_whole(), "a lock is held: {held:?}");
        // SAFETY: taken above.
        unsafe { self.heap.global().let_go(held) };
    }

    /// Panics if anything is wrong with the heap, or with what the program has in it.
    pub(super) fn check(&self) {
        self.pages().verify();
        for class in (0..SpanClasses::ALL as u8).map(SizeClass) {
            // SAFETY: they are only looked at.
            let spans = unsafe { self.heap.global().spans(class) };
            assert_eq!(spans.check(), Ok(()), "{class:?}");
            let live = self.objects.iter().filter(|object| object.class == class);
            assert_eq!(spans.live(), live.count(), "{class:?}");
        }
        self.check_figures();
    }

    /// Each figure is what can be counted.
    fn check_figures(&self) {
        let stats = self.heap.global().stats();
        let (mut saved, mut physical) = (0, 0);
        for class in (0..SpanClasses::ALL as u8).map(SizeClass) {
            // SAFETY: they are only looked at.
            let spans = unsafe { self.heap.global().spans(class) };
            let pages = spans.geometry().pages.index();
            saved += (spans.spans() - spans.physical_spans()) * pages;
            physical += spans.physical_spans() * pages;
        }
        assert_eq!(self.heap.pages_saved(), saved);
        assert_eq!(stats.span_bytes, physical * PAGE);
        let sizes = self
            .objects
            .iter()
            .map(|object| SpanClasses::object_size(object.class));
        assert_eq!(stats.small_bytes, sizes.sum::<usize>());
        assert_eq!(stats.large_count, self.large.len());
        let sizes = self
            .large
            .iter()
            .map(|large| self.heap.global().usable_size(large.start));
        assert_eq!(Some(stats.large_bytes), sizes.sum());
    }

    /// Gives everything up, and shows that nothing is left.
    pub(super) fn end(mut self) {
        let all = self.objects.clone();
        self.release(&all);
        while !self.large.is_empty() {
            self.free_large(0);
        }
        self.heap.compact();
        self.check();
        self.pages().verify_empty();
        assert!(
            self.heap
                .global()
                .classes()
                .all(|class| class.spans == 0 && class.groups == 0)
        );
        assert_eq!(Kept::take(), []);
    }
}
