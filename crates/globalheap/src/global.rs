//! The heap itself: a page heap, and a lock for each size class.

use core::marker::PhantomData;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use heap::{Guard, Labels, Mutex, PlainPages, SizeClass};
use miniheap::{Geometry, SpanClasses, Spans};

use crate::purging::Purging;
use crate::report::{Ignore, Misuse, Report};
use crate::transfer::{Transfer, Transfers};

/// Spans of all size classes and large objects over the pages of `P`; misuse goes to `R`.
pub struct GlobalHeap<P: PlainPages, R = Ignore> {
    pub(crate) pages: P,
    classes: [Class<P>; SpanClasses::ALL],
    pub(crate) transfers: Transfers<P::Lock>,
    pub(crate) purging: Purging,
    /// Whether a class keeps spans that were emptied.
    pub(crate) keeps: AtomicBool,
    /// Bytes and number of large objects in use.
    pub(crate) large_bytes: AtomicUsize,
    pub(crate) large_count: AtomicUsize,
    report: PhantomData<fn() -> R>,
}

/// The spans of one size class behind their lock, on cache lines of their own.
#[repr(align(128))]
struct Class<P: PlainPages> {
    spans: Mutex<P::Lock, Spans>,
    /// Whether anybody has ever asked for them.
    is_used: AtomicBool,
}

impl<P: PlainPages> Class<P> {
    const fn new() -> Self {
        Self {
            spans: Mutex::new(Spans::unborn()),
            is_used: AtomicBool::new(false),
        }
    }

    /// Somebody asks for the `spans` for the first time. Apart: some stacks are small.
    #[cold]
    #[inline(never)]
    fn begin(&self, spans: &mut Spans, geometry: &Geometry) {
        spans.be_of(geometry);
        // Relaxed: a hint.
        self.is_used.store(true, Ordering::Relaxed);
    }
}

impl<P: PlainPages, R: Report> GlobalHeap<P, R> {
    /// A heap over `pages`. All other bytes are zero.
    pub const fn new(pages: P) -> Self {
        Self {
            pages,
            classes: [const { Class::new() }; SpanClasses::ALL],
            transfers: [const { Transfer::new() }; SpanClasses::ALL],
            purging: Purging::new(),
            keeps: AtomicBool::new(false),
            large_bytes: AtomicUsize::new(0),
            large_count: AtomicUsize::new(0),
            report: PhantomData,
        }
    }

    /// The pages below.
    pub fn pages(&self) -> &P {
        &self.pages
    }

    /// The spans of `class`.
    #[inline]
    pub fn geometry(&self, class: SizeClass) -> &'static Geometry {
        SpanClasses::geometry(class, self.pages.grain())
    }

    /// Where the pages are, and their labels.
    pub fn labels(&self) -> Labels {
        self.pages.labels()
    }

    /// The spans of `class`, locked; those of the largest class for a number that is none.
    pub(crate) fn class(&self, class: SizeClass) -> Guard<'_, P::Lock, Spans> {
        let known = self.known(class);
        let mut spans = known.spans.lock();
        if spans.is_unborn() {
            known.begin(&mut spans, self.geometry(class));
        }
        spans
    }

    /// Whether anybody has ever asked for the spans of `class`. A hint: who looks through all classes leaves the others as they are, pages
    /// that nobody has written to.
    pub fn is_used(&self, class: SizeClass) -> bool {
        self.known(class).is_used.load(Ordering::Relaxed)
    }

    /// The classes whose spans somebody has asked for.
    pub(crate) fn used_classes(&self) -> impl Iterator<Item = SizeClass> + '_ {
        Self::class_numbers().filter(|&class| self.is_used(class))
    }

    /// The spans of `class`, locked, for a layer above that puts them onto each other's pages; those of the largest class for a
    /// number that is none.
    ///
    /// # Safety
    /// Whatever is changed, the records go on to say what is true of the pages: which slots are in use, by whom, and what the spans lie
    /// on.
    pub unsafe fn spans(&self, class: SizeClass) -> Guard<'_, P::Lock, Spans> {
        self.class(class)
    }

    pub(crate) fn class_lock(&self, class: SizeClass) -> &Mutex<P::Lock, Spans> {
        &self.known(class).spans
    }

    fn known(&self, class: SizeClass) -> &Class<P> {
        let last = &self.classes[SpanClasses::ALL - 1];
        self.classes.get(class.index()).unwrap_or(last)
    }

    /// All class numbers.
    pub fn class_numbers() -> impl DoubleEndedIterator<Item = SizeClass> {
        (0..SpanClasses::ALL as u8).map(SizeClass)
    }

    /// Reports a mistake of the program. No lock is held, since what is told may end the program.
    #[cold]
    pub(crate) fn misuse(what: Misuse, address: usize) {
        R::misuse(what, address);
    }
}
