//! Fork: the child gets its own copy of the meshed groups, and of nothing else.
//!
//! Private pages are copied on write by the kernel. Shared pages would not be: parent and child would write to the same ones.
//! So a child has nothing at the addresses of meshed spans at first, and, in order:
//!
//! ```text
//!  parent, before    reserve   room for copies of all groups; may be refused, then there is no fork
//!                    prepare   all locks; groups protected from other threads; their pages copied
//!  parent, after     parent    groups writable again, copies forgotten, locks open
//!  child             child     each group put onto its copy, locks open
//! ```
//!
//! The child may run code of the C library that looks at the heap before it gets to its step: whoever handles the fault calls
//! [`child_after_fork`](GlobalHeap::child_after_fork) then.

use core::sync::atomic::{Ordering, fence};

use heap::{PageHeap, PageIndex, Refused, Run, SpanId};
use miniheap::Spans;

use crate::global::GlobalHeap;
use crate::joined::joined;
use crate::policy::MeshPolicy;
use crate::report::Report;
use crate::transfer::Transfer;

/// A fork under way, between its preparation and its end on either side.
#[derive(Debug)]
#[must_use]
pub struct Fork {
    barrier: heap::Barrier,
    /// Whether the groups were copied for the child.
    copied: bool,
    /// Whether they are protected.
    protected: bool,
}

/// Who may write to objects while the groups are copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writers {
    /// The process has one thread.
    Nobody,
    /// Those are kept out, so that the copy is of one moment.
    OtherThreads,
}

impl<P: PageHeap, M: MeshPolicy, R: Report> GlobalHeap<P, M, R> {
    /// Stops mesh cycles and makes room for copies of all groups. When it is refused, nothing has changed.
    ///
    /// Must be followed by [`prepare_fork`](Self::prepare_fork), or by [`cancel_fork`](Self::cancel_fork).
    pub fn reserve_fork(&self) -> Result<(), Refused> {
        self.keep_cycles_out();
        let reserved = Self::meshed_classes().try_for_each(|class| {
            let spans = self.class(class);
            let pages = spans.geometry().pages;
            let mut homes = spans.group_leaders();
            homes.try_for_each(|(_, first)| self.pages.reserve_snapshot(Run { first, pages }))
        });
        if reserved.is_err() {
            // SAFETY: the lock was taken above.
            unsafe { self.cancel_fork() };
        }
        reserved
    }

    /// Stops mesh cycles and makes no room: for a fork that is too late to refuse.
    ///
    /// Must be followed by [`prepare_fork_without_room`](Self::prepare_fork_without_room).
    pub fn reserve_nothing_for_fork(&self) {
        self.keep_cycles_out();
    }

    /// [`prepare_fork`](Self::prepare_fork) without copies. If anything is meshed, the child is refused in
    /// [`child_after_fork`](Self::child_after_fork), and must end.
    ///
    /// # Safety
    /// The calling thread called [`reserve_nothing_for_fork`](Self::reserve_nothing_for_fork). Until the fork has ended it
    /// does not use this heap.
    pub unsafe fn prepare_fork_without_room(&self) -> Fork {
        let fork = self.hold_still();
        self.pages.lock_shared_for_fork();
        fork
    }

    /// Whether anything was ever meshed, so that a fork has something to copy. Takes no lock.
    pub fn may_have_groups(&self) -> bool {
        self.meshed.meshes.load(Ordering::Relaxed) > 0
    }

    /// Gives up what [`reserve_fork`](Self::reserve_fork) did.
    ///
    /// # Safety
    /// The calling thread reserved, and did not prepare since.
    pub unsafe fn cancel_fork(&self) {
        self.pages.drop_snapshot();
        // SAFETY: the caller has the lock since `reserve_fork`.
        unsafe { self.let_cycles_in() };
    }

    /// Takes all locks, keeps `writers` out of the groups, and copies their pages. No group can have come since
    /// `reserve_fork`, which holds the lock of the cycle.
    ///
    /// # Safety
    /// The calling thread reserved. Until the fork has ended it does not use this heap. There are no other writers.
    pub unsafe fn prepare_fork(&self, writers: Writers) -> Fork {
        let fork = self.hold_still();
        let protected = writers == Writers::OtherThreads;
        if protected {
            // SAFETY: the locks were taken above.
            unsafe { self.protect_groups() };
        }
        let copy = |_: &Spans, _, home| self.pages.copy_to_snapshot(home);
        // SAFETY: as above.
        unsafe { self.each_group(copy) };
        self.pages.lock_shared_for_fork();
        Fork {
            copied: true,
            protected,
            ..fork
        }
    }

    /// Takes the locks that are left, and begins the barrier.
    fn hold_still(&self) -> Fork {
        self.transfers.iter().for_each(Transfer::lock_for_fork);
        for class in Self::class_numbers() {
            self.class_lock(class).lock_for_fork();
        }
        self.pages.lock_for_fork();
        Fork {
            barrier: self.pages.begin_barrier(),
            copied: false,
            protected: false,
        }
    }

    /// Protects the groups, but for what the kernel may be writing to: in calls, and at any time to what is pinned.
    ///
    /// # Safety
    /// The calling thread holds the locks of all classes for a fork.
    unsafe fn protect_groups(&self) {
        let protect = |spans: &Spans| {
            // The kernel may be writing for a thread of the parent, which must not fail for that.
            let is_pinned = |run: &Run| {
                let unit = spans.leader(self.pages.span_at(run.first));
                unit.is_some_and(|unit| spans.is_pinned(unit))
            };
            let may_be_protected = |run: &Run| !is_pinned(run) && !self.pages.is_named(*run);
            let free = spans.grouped_runs().filter(may_be_protected);
            joined(free).for_each(|range| self.protect_range(spans, range));
        };
        // SAFETY: the same contract.
        unsafe { self.each_meshed_class(protect) };
    }

    /// Protects the spans in `range`, which have `pages` pages each; if that is refused, as many of them as can be had.
    ///
    /// Where the system refuses, an object that another thread writes to at this moment may be copied half written, as in
    /// memory that threads share without a lock.
    fn protect_range(&self, spans: &Spans, range: Run) {
        if self.keep_out(range).is_err() {
            let pages = spans.geometry().pages;
            let starts = (range.first.0..range.end().0).step_by(pages.index());
            for first in starts.map(PageIndex) {
                let _ = self.keep_out(Run { first, pages });
            }
        }
    }

    /// The parent's way out.
    ///
    /// # Safety
    /// `fork` comes from [`prepare_fork`](Self::prepare_fork), and this is the parent, in the same thread.
    pub unsafe fn parent_after_fork(&self, fork: Fork) {
        // SAFETY: `prepare_fork` took them.
        unsafe { self.pages.unlock_after_fork() };
        let open = |spans: &Spans| {
            joined(spans.grouped_runs()).for_each(|range| self.pages.unprotect(range));
        };
        if fork.protected {
            // SAFETY: the locks are held since `prepare_fork`.
            unsafe { self.each_meshed_class(open) };
        }
        self.pages.drop_snapshot();
        // SAFETY: the locks are held since `prepare_fork`.
        unsafe { self.end_fork(fork) };
    }

    /// The child's way on: each group is put onto its copy. A span that cannot be put there gets the content on private
    /// pages, which is as good, since its objects are its own. When that is refused too, the child must not go on.
    ///
    /// # Safety
    /// `fork` comes from [`prepare_fork`](Self::prepare_fork), and this is the child, which has one thread.
    pub unsafe fn child_after_fork(&self, fork: Fork) -> Result<(), Refused> {
        // SAFETY: `prepare_fork` took them, in the parent.
        unsafe { self.pages.unlock_after_fork() };
        // What cannot be moved stays protected, and everything locked: it is the parent's.
        if fork.copied {
            self.pages.adopt_snapshot();
            // SAFETY: the locks are held since `prepare_fork`, in the parent.
            unsafe { self.adopt_groups() }?;
        } else {
            let mut groups = 0;
            // SAFETY: as above.
            unsafe { self.each_group(|_, _, _| groups += 1) };
            if groups > 0 {
                return Err(Refused);
            }
        }
        // SAFETY: as above.
        unsafe { self.end_fork(fork) };
        Ok(())
    }

    /// Puts each member of a group onto the group's copy, and something at the addresses of dead spans. They come in the order of their addresses: so a mapping is taken
    /// apart from its start, while the one before it grows, and one more than there were is enough at any time.
    ///
    /// # Safety
    /// This is a child with one thread, which holds the locks of all classes for a fork.
    unsafe fn adopt_groups(&self) -> Result<(), Refused> {
        let labels = self.pages.labels();
        let mut next = PageIndex(0);
        while let Some(page) = self.pages.next_shared(next) {
            next = PageIndex(page.0 + 1);
            let Some((class, _)) = labels.label(page).as_small() else {
                continue;
            };
            // SAFETY: the caller holds the lock.
            let spans = unsafe { self.class_lock(class).held_for_fork() };
            let id = self.pages.span_at(page);
            let Some(run) = spans.run(id) else { continue };
            next = run.end();
            let Some(home) = spans.home(id) else {
                self.pages.fill(run)?;
                continue;
            };
            // SAFETY: the copy holds what the shared pages held at the fork.
            let aliased = unsafe { self.pages.alias(run, home) };
            // SAFETY: there is no other thread.
            aliased.or_else(|_| unsafe { self.pages.make_private(run, home) })?;
        }
        Ok(())
    }

    /// Passes the spans of each class that is meshed to `act`.
    ///
    /// # Safety
    /// The calling thread holds the locks of all classes for a fork.
    unsafe fn each_meshed_class(&self, mut act: impl FnMut(&Spans)) {
        for class in Self::meshed_classes() {
            // SAFETY: the caller holds the lock.
            act(unsafe { self.class_lock(class).held_for_fork() });
        }
    }

    /// Passes each group to `act`: its leader, and the run of its shared pages.
    ///
    /// # Safety
    /// The calling thread holds the locks of all classes for a fork.
    unsafe fn each_group(&self, mut act: impl FnMut(&Spans, SpanId, Run)) {
        let each = |spans: &Spans| {
            let pages = spans.geometry().pages;
            for (leader, first) in spans.group_leaders() {
                act(spans, leader, Run { first, pages });
            }
        };
        // SAFETY: the same contract.
        unsafe { self.each_meshed_class(each) };
    }

    /// Ends the barrier and opens all locks.
    ///
    /// # Safety
    /// The calling thread holds the locks for a fork.
    unsafe fn end_fork(&self, fork: Fork) {
        self.pages.end_barrier(fork.barrier);
        for class in Self::class_numbers().rev() {
            // SAFETY: the caller holds the lock.
            unsafe { self.class_lock(class).unlock_after_fork() };
        }
        for transfer in &self.transfers {
            // SAFETY: as above.
            unsafe { transfer.unlock_after_fork() };
        }
        // SAFETY: held since `reserve_fork`.
        unsafe { self.let_cycles_in() };
    }

    /// Waits for the cycle under way, and lets none begin.
    fn keep_cycles_out(&self) {
        self.cycle.lock_for_fork();
        // Release: whoever sees it has seen the last cycle end.
        self.forking.store(true, Ordering::Release);
    }

    /// Lets cycles begin again.
    ///
    /// # Safety
    /// The calling thread [kept them out](Self::keep_cycles_out), in this process or in its parent.
    unsafe fn let_cycles_in(&self) {
        self.forking.store(false, Ordering::Relaxed);
        // Pairs with the fence of `is_in_cycle`.
        fence(Ordering::SeqCst);
        // SAFETY: the caller has the lock.
        unsafe { self.cycle.unlock_after_fork() };
    }
}
