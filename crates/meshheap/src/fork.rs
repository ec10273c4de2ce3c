//! Fork: the child gets its own copy of the meshed groups, and of nothing else.
//!
//! Private pages are copied on write by the kernel. Shared pages would not be: parent and child would write to the same ones.
//! So a child has nothing at the addresses of meshed spans at first, and, in order:
//!
//! ```text
//!  parent, before    reserve   room for copies of all groups; may be refused, then there is no fork; nothing stays locked
//!                    begin     no cycles; room for what was meshed since
//!                    prepare   all locks; groups protected from other threads; their pages copied
//!  parent, after     parent    groups writable again, copies forgotten, locks open
//!  child             child     each group put onto its copy, locks open
//! ```
//!
//! The child may run code of the C library that looks at the heap before it gets to its step: whoever handles the fault calls
//! [`child_after_fork`](MeshHeap::child_after_fork) then.
//!
//! What is copied is told by the pages, not by the records of spans. So a signal handler can fork over an operation of this
//! heap, whose locks its own thread has: it takes those that it gets, and the child goes on with what was interrupted as the
//! parent does.

use core::sync::atomic::Ordering;

use globalheap::{Held, Locker, Report, Standing};
use heap::{KeptOut, PageHeap, PageIndex, Refused, Run};
use miniheap::Spans;

use crate::joined::joined;
use crate::mesh_heap::MeshHeap;
use crate::policy::MeshPolicy;

/// A fork that keeps cycles out, if it could, and goes on with [`prepare_fork`](MeshHeap::prepare_fork).
#[derive(Debug)]
#[must_use]
pub struct Begun {
    standing: Standing,
    holds_cycle: bool,
    /// Whether there is room for the copies.
    room: bool,
}

/// A fork under way, between its preparation and its end on either side.
#[derive(Debug)]
#[must_use]
pub struct Fork {
    barrier: heap::Barrier,
    held: Held,
    holds_cycle: bool,
    /// Whether the groups were copied for the child.
    copied: bool,
    /// How they are protected.
    protected: KeptOut,
}

/// Who may write to objects while the groups are copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writers {
    /// The process has one thread.
    Nobody,
    /// Those are kept out, so that the copy is of one moment.
    OtherThreads,
}

impl<P: PageHeap, M: MeshPolicy, R: Report> MeshHeap<P, M, R> {
    /// Makes room for copies of all groups. When it is refused, nothing has changed. Nothing is locked afterwards: groups may
    /// come or go, and another fork may use the room.
    pub fn reserve_fork(&self, standing: Standing) -> Result<(), Refused> {
        // Room is made while no cycle waits for it.
        let _cycle = match standing {
            Standing::Outside => Some(self.cycle.lock()),
            Standing::Inside => None,
        };
        let held = self.pages().hold_mappings();
        let room = self.open_or_drop();
        self.pages().let_mappings_go(held);
        room
    }

    fn open_or_drop(&self) -> Result<(), Refused> {
        let room = self.pages().open_snapshot();
        if room.is_err() {
            self.pages().drop_snapshot();
        }
        room
    }

    /// Whether anything was ever meshed, so that a fork has something to copy. Takes no lock.
    pub fn may_have_groups(&self) -> bool {
        self.meshed.meshes.load(Ordering::Relaxed) > 0
    }

    /// Waits for the cycle under way, lets none begin, and makes room for what was meshed since [`reserve_fork`](Self::reserve_fork).
    /// If that is refused, it is too late to say no: if anything is meshed, the child is refused in
    /// [`child_after_fork`](Self::child_after_fork), and must end.
    ///
    /// All signals are blocked until the fork has ended on either side. Must be followed by [`prepare_fork`](Self::prepare_fork).
    pub fn begin_fork(&self, standing: Standing) -> Begun {
        let holds_cycle = Locker::new(self.pages(), standing).take(&self.cycle);
        let held = self.pages().hold_mappings();
        let room = self.open_or_drop().is_ok();
        self.pages().let_mappings_go(held);
        Begun {
            standing,
            holds_cycle,
            room,
        }
    }

    /// Takes the locks, keeps `writers` out of the groups, and copies their pages, if there is room.
    ///
    /// # Safety
    /// The calling thread began. Until the fork has ended it does not use this heap. There are no other writers.
    pub unsafe fn prepare_fork(&self, begun: Begun, writers: Writers) -> Fork {
        let Begun {
            standing,
            holds_cycle,
            room,
        } = begun;
        let held = self.below().hold_still(standing);
        let barrier = self.pages().begin_barrier();
        // A thread that was inside has not kept cycles out since.
        let copied = room && self.open_or_drop().is_ok();
        let mut protected = KeptOut::default();
        if copied && writers == Writers::OtherThreads {
            protected = self.protect_groups(&held);
        }
        if copied {
            self.pages().copy_to_snapshot();
        }
        self.pages().lock_windows_for_fork();
        Fork {
            barrier,
            held,
            holds_cycle,
            copied,
            protected,
        }
    }

    /// Protects the groups, but for what the kernel may be writing to: in calls, and at any time to what is pinned. Returns in which
    /// ways.
    ///
    /// Nothing of a class whose lock was not to be had, since nobody knows what is pinned there; and nothing where somebody writes
    /// who cannot be made to wait, since the C library may do so in this thread.
    fn protect_groups(&self, held: &Held) -> KeptOut {
        let mut ways = KeptOut::default();
        if self.has_unnamed_writers() {
            return ways;
        }
        self.pages().each_shared(|class, run| {
            // SAFETY: taken for this fork, by this thread.
            if let Some(spans) = unsafe { self.below().held_spans(held, class) } {
                self.protect_spans(spans, run, &mut ways);
            }
        });
        ways
    }

    /// Protects the spans at `run`, one behind the other, as far as they may be, and as it can be had.
    ///
    /// Where the system refuses, an object that another thread writes to at this moment may be copied half written, as in
    /// memory that threads share without a lock.
    fn protect_spans(&self, spans: &Spans, run: Run, ways: &mut KeptOut) {
        let pages = spans.geometry().pages;
        let may_be_protected = |span: &Run| {
            let unit = spans.leader(self.pages().span_at(span.first));
            // The kernel may be writing for a thread of the parent, which must not fail for that.
            !unit.is_some_and(|unit| spans.is_pinned(unit)) && !self.pages().is_named(*span)
        };
        let starts = (run.first.0..run.end().0).step_by(pages.index());
        let all = starts.map(|first| Run {
            first: PageIndex(first),
            pages,
        });
        for range in joined(all.filter(may_be_protected)) {
            if self.pages().protect_for_fork(range, ways).is_err() {
                let starts = (range.first.0..range.end().0).step_by(pages.index());
                for first in starts.map(PageIndex) {
                    let _ = self.pages().protect_for_fork(Run { first, pages }, ways);
                }
            }
        }
    }

    /// The parent's way out.
    ///
    /// # Safety
    /// `fork` comes from [`prepare_fork`](Self::prepare_fork), and this is the parent, in the same thread.
    pub unsafe fn parent_after_fork(&self, fork: Fork) {
        // SAFETY: `prepare_fork` took them.
        unsafe { self.pages().unlock_windows_after_fork() };
        if fork.protected != KeptOut::default() {
            self.pages().each_shared(|_, run| {
                self.pages().unprotect_after_fork(run, fork.protected);
            });
        }
        self.pages().drop_snapshot();
        // SAFETY: the locks are held since `prepare_fork`.
        unsafe { self.end_fork(fork) };
    }

    /// The child's way on: each group is put onto its copy. When that is refused, the child must not go on.
    ///
    /// # Safety
    /// `fork` comes from [`prepare_fork`](Self::prepare_fork), and this is the child, which has one thread.
    pub unsafe fn child_after_fork(&self, fork: Fork) -> Result<(), Refused> {
        // SAFETY: `prepare_fork` took them, in the parent.
        unsafe { self.pages().unlock_windows_after_fork() };
        // What cannot be moved is missing, and everything locked: it is the parent's.
        if fork.copied {
            self.pages().adopt_snapshot()?;
        } else {
            let mut any = false;
            self.pages().each_shared(|_, _| any = true);
            if any {
                return Err(Refused);
            }
        }
        // SAFETY: the locks are held since `prepare_fork`, in the parent.
        unsafe { self.end_fork(fork) };
        Ok(())
    }

    /// Ends the barrier and opens the locks that were taken.
    ///
    /// # Safety
    /// The calling thread holds the locks for a fork.
    unsafe fn end_fork(&self, fork: Fork) {
        let Fork {
            barrier,
            held,
            holds_cycle,
            ..
        } = fork;
        self.pages().end_barrier(barrier);
        // SAFETY: the caller holds them (contract).
        unsafe { self.below().let_go(held) };
        if holds_cycle {
            // SAFETY: the caller holds it (contract), as was noted.
            unsafe { self.cycle.unlock_after_fork() };
        }
    }
}
