//! What is kept apart from the program's objects, so that it is never meshed and never protected.
//!
//! The C library and the loader write to objects of their own where nobody can wait: with all signals blocked, in the child of
//! a fork before any handler, by system calls that no wrapper sees. Their requests come by ways of their own once the
//! constructor has repointed them. What is asked for before that, by whomever, is kept apart as well: until then no thread has
//! a heap, so each request takes the slow path, which asks here.

use core::sync::atomic::{AtomicBool, Ordering};

use heap::{ClassMap, SizeClass};
use miniheap::SpanClasses;

use crate::ground::heap::HEAP;

/// Whose object a new one is.
pub(crate) trait Side {
    /// [`class_of`](Self::class_of) as far as one look-up finds it.
    fn class_of_few(size: usize) -> Option<SizeClass>;
    /// The size class for `size` bytes, if there is one.
    fn class_of(size: usize) -> Option<SizeClass>;
}

/// The program's: it may be meshed.
pub(crate) enum Program {}

/// The C library's: it is kept apart.
pub(crate) enum Library {}

impl Side for Program {
    #[inline(always)]
    fn class_of_few(size: usize) -> Option<SizeClass> {
        SpanClasses::class_of_few(size)
    }

    #[inline(always)]
    fn class_of(size: usize) -> Option<SizeClass> {
        SpanClasses::class_of(size)
    }
}

impl Side for Library {
    #[inline(always)]
    fn class_of_few(size: usize) -> Option<SizeClass> {
        SpanClasses::class_of_few_apart(size)
    }

    #[inline(always)]
    fn class_of(size: usize) -> Option<SizeClass> {
        SpanClasses::class_of_apart(size)
    }
}

/// Whether the constructor has told the two sides apart, or has found that it cannot.
static TOLD: AtomicBool = AtomicBool::new(false);

/// Whether all requests are kept apart still.
pub(crate) fn is_everything() -> bool {
    // Relaxed: until it is set the process has one thread, but in a static program, where a request more is kept apart.
    !TOLD.load(Ordering::Relaxed)
}

/// From now on only what comes by the ways of the C library is kept apart.
pub(crate) fn begin_to_tell() {
    TOLD.store(true, Ordering::Relaxed);
}

/// The class of the object at `object` if it is kept apart.
pub(crate) fn class_apart<T>(object: *const T) -> Option<SizeClass> {
    let labels = HEAP.global().labels();
    let page = labels.page_at(object.addr())?;
    let (class, _) = labels.label(page).as_small()?;
    SpanClasses::is_apart(class).then_some(class)
}
