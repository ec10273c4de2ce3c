//! The heap itself: a page heap, and a lock for each size class.

use core::marker::PhantomData;
use core::sync::atomic::{AtomicBool, AtomicUsize};

use heap::{Guard, Labels, Mutex, PlainPages, SizeClass};
use miniheap::{SpanClasses, Spans};

use crate::purging::Purging;
use crate::report::{Ignore, Misuse, Report};
use crate::transfer::{Transfer, Transfers};

/// Spans of all size classes and large objects over the pages of `P`; misuse goes to `R`.
pub struct GlobalHeap<P: PlainPages, R = Ignore> {
    pub(crate) pages: P,
    classes: [ClassLock<P>; SpanClasses::ALL],
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
struct ClassLock<P: PlainPages>(Mutex<P::Lock, Spans>);

/// One open lock for each class.
const fn class_locks<P: PlainPages>() -> [ClassLock<P>; SpanClasses::ALL] {
    let mut locks =
        [const { ClassLock(Mutex::new(Spans::new(SpanClasses::GEOMETRIES[0]))) }; SpanClasses::ALL];
    let mut class = 0;
    while class < SpanClasses::ALL {
        let lock = ClassLock(Mutex::new(Spans::new(SpanClasses::GEOMETRIES[class])));
        // Forgotten, since a constant function cannot drop; there is nothing in it.
        core::mem::forget(core::mem::replace(&mut locks[class], lock));
        class += 1;
    }
    locks
}

impl<P: PlainPages, R: Report> GlobalHeap<P, R> {
    /// A heap over `pages`.
    pub const fn new(pages: P) -> Self {
        Self {
            pages,
            classes: class_locks(),
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

    /// Where the pages are, and their labels.
    pub fn labels(&self) -> Labels {
        self.pages.labels()
    }

    /// The spans of `class`, locked; those of the largest class for a number that is none.
    pub(crate) fn class(&self, class: SizeClass) -> Guard<'_, P::Lock, Spans> {
        self.class_lock(class).lock()
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
        let last = &self.classes[SpanClasses::ALL - 1];
        &self.classes.get(class.index()).unwrap_or(last).0
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
