//! The heap itself: a page heap, a lock per size class, and the cycle.

use core::marker::PhantomData;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

use heap::{Guard, Labels, Mutex, PageHeap, SizeClass};
use miniheap::{SpanClasses, Spans};

use crate::cycle::Cycle;
use crate::policy::{MeshPolicy, Placement};
use crate::report::{Ignore, Report};
use crate::schedule::Schedule;
use crate::stats::MeshCounters;
use crate::transfer::{Transfer, Transfers};

/// Spans of all size classes and large objects over the pages of `P`, meshed as `M` finds; misuse goes to `R`.
pub struct GlobalHeap<P: PageHeap, M, R = Ignore> {
    pub(crate) pages: P,
    classes: [ClassLock<P>; SpanClasses::ALL],
    pub(crate) transfers: Transfers<P::Lock>,
    /// Held for the length of a mesh cycle: there is one at a time.
    pub(crate) cycle: Mutex<P::Lock, Cycle<M>>,
    pub(crate) schedule: Schedule,
    pub(crate) meshed: MeshCounters,
    /// Whether writers to protected pages are taken care of, so that meshing may begin.
    pub(crate) enabled: AtomicBool,
    /// Asked before each cycle, and each slice of one.
    guard: AtomicPtr<()>,
    /// Objects of so many bytes and more are left alone: see the module `narrow`.
    pub(crate) meshed_below: AtomicUsize,
    /// Whether somebody writes to objects who cannot be made to wait at every barrier: see the module `bound`.
    pub(crate) unnamed_writers: AtomicBool,
    /// Bytes and number of large objects in use.
    pub(crate) large_bytes: AtomicUsize,
    pub(crate) large_count: AtomicUsize,
    report: PhantomData<fn() -> R>,
}

/// The spans of one size class behind their lock, on cache lines of their own.
#[repr(align(128))]
struct ClassLock<P: PageHeap> {
    spans: Mutex<P::Lock, Spans>,
    /// Whether the class has gone over from rotation to permutations.
    permuted: AtomicBool,
}

impl<P: PageHeap> ClassLock<P> {
    const fn new(class: usize) -> Self {
        Self {
            spans: Mutex::new(Spans::new(SpanClasses::GEOMETRIES[class])),
            permuted: AtomicBool::new(false),
        }
    }
}

/// One open lock for each class.
const fn class_locks<P: PageHeap>() -> [ClassLock<P>; SpanClasses::ALL] {
    let mut locks = [const { ClassLock::new(0) }; SpanClasses::ALL];
    let mut class = 0;
    while class < SpanClasses::ALL {
        let lock = ClassLock::new(class);
        // Forgotten, since a constant function cannot drop; there is nothing in it.
        core::mem::forget(core::mem::replace(&mut locks[class], lock));
        class += 1;
    }
    locks
}

impl<P: PageHeap, M: MeshPolicy, R: Report> GlobalHeap<P, M, R> {
    /// A heap over `pages`. Meshing begins when it is [enabled](Self::enable_meshing).
    pub const fn new(pages: P) -> Self {
        Self {
            pages,
            classes: class_locks(),
            transfers: [const { Transfer::new() }; SpanClasses::ALL],
            cycle: Mutex::new(Cycle::new()),
            schedule: Schedule::new(),
            meshed: MeshCounters::new(),
            enabled: AtomicBool::new(false),
            guard: AtomicPtr::new(null_mut()),
            meshed_below: AtomicUsize::new(usize::MAX),
            unnamed_writers: AtomicBool::new(false),
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

    /// Lets meshing begin.
    ///
    /// # Safety
    /// A thread that writes to a page protected by the page heap's barrier is made to wait until the barrier ends, and
    /// then tries again.
    pub unsafe fn enable_meshing(&self) {
        self.enabled.store(M::MESHES, Ordering::Release);
    }

    /// Lets meshing begin, with cycles that ask `guard` first and do nothing when it says no: others can undo what
    /// makes writers wait.
    ///
    /// # Safety
    /// As for [`enable_meshing`](Self::enable_meshing), from a yes of `guard` to the end of the cycle, or of the slice.
    pub unsafe fn enable_meshing_guarded(&self, guard: fn() -> bool) {
        self.guard.store(guard as *mut (), Ordering::Relaxed);
        // SAFETY: the caller's promise. Its release store publishes the guard.
        unsafe { self.enable_meshing() };
    }

    /// Whether a cycle may begin now.
    pub(crate) fn may_mesh(&self) -> bool {
        if !self.meshing_enabled() {
            return false;
        }
        let guard = self.guard.load(Ordering::Relaxed);
        if guard.is_null() {
            return true;
        }
        // SAFETY: only `enable_meshing_guarded` writes it, and functions of this type.
        let guard = unsafe { core::mem::transmute::<*mut (), fn() -> bool>(guard) };
        guard()
    }

    /// Stops meshing; what is meshed stays so.
    pub fn disable_meshing(&self) {
        self.enabled.store(false, Ordering::Release);
    }

    /// Whether a mesh cycle is under way, or a fork keeps cycles out.
    ///
    /// Once this says no, nothing that was written before it is missed by a cycle: after
    /// [`disable_meshing`](Self::disable_meshing) nothing is meshed any more.
    pub fn is_in_cycle(&self) -> bool {
        self.cycle.try_lock().is_none()
    }

    /// Whether meshing has been enabled.
    pub fn meshing_enabled(&self) -> bool {
        self.enabled.load(Ordering::Acquire)
    }

    /// The time between two mesh cycles, in milliseconds.
    pub fn period(&self) -> u64 {
        self.schedule.period()
    }

    /// Sets the time between two mesh cycles, in milliseconds.
    pub fn set_period(&self, milliseconds: u64) {
        self.schedule.set_period(milliseconds);
    }

    /// The spans of `class`, locked; those of the largest class for a number that is none.
    pub(crate) fn class(&self, class: SizeClass) -> Guard<'_, P::Lock, Spans> {
        self.class_lock(class).lock()
    }

    pub(crate) fn class_lock(&self, class: SizeClass) -> &Mutex<P::Lock, Spans> {
        &self.class_of(class).spans
    }

    fn class_of(&self, class: SizeClass) -> &ClassLock<P> {
        let last = &self.classes[SpanClasses::ALL - 1];
        self.classes.get(class.index()).unwrap_or(last)
    }

    /// How objects of `class` are placed now.
    pub(crate) fn placement(&self, class: SizeClass) -> Placement {
        match M::PLACEMENT {
            // Relaxed: a hint.
            Placement::Rotated if self.class_of(class).permuted.load(Ordering::Relaxed) => {
                Placement::Permuted
            }
            placement => placement,
        }
    }

    /// Places objects of `class` by permutations from now on, if they are rotated.
    pub(crate) fn permute(&self, class: SizeClass) {
        self.class_of(class).permuted.store(true, Ordering::Relaxed);
    }

    /// All class numbers.
    pub(crate) fn class_numbers() -> impl DoubleEndedIterator<Item = SizeClass> {
        (0..SpanClasses::ALL as u8).map(SizeClass)
    }

    /// Reports a mistake of the program. No lock is held, since what is told may end the program.
    #[cold]
    pub(crate) fn misuse(what: crate::Misuse, address: usize) {
        R::misuse(what, address);
    }
}
