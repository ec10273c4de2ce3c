//! The locks of the heap at a fork.

use heap::{Mutex, PlainPages, SizeClass};
use miniheap::{SpanClasses, Spans};

use crate::global::GlobalHeap;
use crate::report::Report;
use crate::tuning::NANOSECONDS_FOR_LOCKS;

/// Whether the thread that forks may hold locks of the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds none: it waits for them all, and the child can go on as the parent.
    Outside,
    /// It may have been interrupted inside: it takes those that are open. If other threads have the rest, the child is one that
    /// may not allocate.
    Inside,
}

/// Locks that a fork has taken: a bit for each class, its spans and its transfer.
#[derive(Debug)]
#[must_use]
pub struct Held {
    state: bool,
    spans: Classes,
    transfers: Classes,
}

impl Held {
    /// Whether all locks were to be had.
    pub fn is_whole(&self) -> bool {
        let mut classes = (0..SpanClasses::ALL as u8).map(SizeClass);
        self.state && classes.all(|class| self.spans.has(class) && self.transfers.has(class))
    }
}

/// A set of classes.
#[derive(Clone, Copy, Debug)]
struct Classes([u64; 4]);

impl Classes {
    const NONE: Self = Self([0; 4]);

    fn insert(&mut self, class: SizeClass) {
        if let Some(word) = self.0.get_mut(class.index() / 64) {
            *word |= 1 << (class.index() % 64);
        }
    }

    fn has(self, class: SizeClass) -> bool {
        let word = self.0.get(class.index() / 64);
        word.is_some_and(|word| word >> (class.index() % 64) & 1 != 0)
    }
}

const _: () = assert!(SpanClasses::ALL <= 256, "a bit for each class");

/// How a thread that forks takes locks: it waits for them, or tries for a moment, since they may be its own.
pub struct Locker<'p, P> {
    pages: &'p P,
    standing: Standing,
    /// Up to when it tries.
    deadline: u64,
}

impl<'p, P: PlainPages> Locker<'p, P> {
    /// A thread with this standing, from now on.
    pub fn new(pages: &'p P, standing: Standing) -> Self {
        Self {
            pages,
            standing,
            deadline: pages.clock_ns().saturating_add(NANOSECONDS_FOR_LOCKS),
        }
    }

    /// Takes a lock: waits for it, or tries for as long as there is time, and at least once.
    pub fn take<T>(&self, lock: &Mutex<P::Lock, T>) -> bool {
        match self.standing {
            Standing::Outside => {
                lock.lock_for_fork();
                true
            }
            Standing::Inside => self.until(|| lock.try_lock_for_fork()),
        }
    }

    fn take_state(&self) -> bool {
        match self.standing {
            Standing::Outside => {
                self.pages.lock_for_fork();
                true
            }
            Standing::Inside => self.until(|| self.pages.try_lock_for_fork()),
        }
    }

    fn until(&self, mut attempt: impl FnMut() -> bool) -> bool {
        loop {
            if attempt() {
                return true;
            }
            if self.pages.clock_ns() >= self.deadline {
                return false;
            }
            core::hint::spin_loop();
        }
    }
}

impl<P: PlainPages, R: Report> GlobalHeap<P, R> {
    /// Takes the locks that are to be had: all, by who waits for them. In order: those of transfers, of classes, and of the pages below.
    pub fn hold_still(&self, standing: Standing) -> Held {
        let locker = Locker::new(&self.pages, standing);
        let mut held = Held {
            state: false,
            spans: Classes::NONE,
            transfers: Classes::NONE,
        };
        for (class, transfer) in Self::class_numbers().zip(&self.transfers) {
            if transfer.lock_for_fork(|slots| locker.take(slots)) {
                held.transfers.insert(class);
            }
        }
        for class in Self::class_numbers() {
            if locker.take(self.class_lock(class)) {
                held.spans.insert(class);
            }
        }
        held.state = locker.take_state();
        held
    }

    /// The spans of `class`, if their lock was to be had. Where there were never any, they are of no class.
    ///
    /// # Safety
    /// `held` comes from [`hold_still`](Self::hold_still) of this heap, in this thread, and was not
    /// [let go](Self::let_go).
    pub unsafe fn held_spans(&self, held: &Held, class: SizeClass) -> Option<&Spans> {
        // SAFETY: the lock is held for this fork (contract, and the look before).
        let spans = || unsafe { self.class_lock(class).held_for_fork() };
        held.spans.has(class).then(spans)
    }

    /// Opens the locks that were taken.
    ///
    /// # Safety
    /// `held` comes from [`hold_still`](Self::hold_still) of this heap, in this thread, in this process or in its parent.
    pub unsafe fn let_go(&self, held: Held) {
        if held.state {
            // SAFETY: the caller holds it (contract), as `held` says.
            unsafe { self.pages.unlock_after_fork() };
        }
        for class in Self::class_numbers().filter(|&class| held.spans.has(class)) {
            // SAFETY: the caller holds those of the classes in `held` (contract).
            unsafe { self.class_lock(class).unlock_after_fork() };
        }
        for (class, transfer) in Self::class_numbers().zip(&self.transfers) {
            if held.transfers.has(class) {
                // SAFETY: the caller holds those of the transfers in `held` (contract).
                unsafe { transfer.unlock_after_fork() };
            }
        }
    }
}
