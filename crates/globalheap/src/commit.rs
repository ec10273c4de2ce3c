//! Carrying out meshes.
//!
//! A mesh moves the virtual spans of one unit onto the shared pages of another, one after the other. The steps for a unit
//! *keep* that is still on private pages, and a unit *join*:
//!
//! ```text
//!  1  protect keep and all of join        a writer waits from here on, readers go on
//!  2  open the shared pages of keep
//!  3  copy the objects of keep there      and put keep onto them: keep is writable again, a group of one
//!  4  copy the objects of join there      into slots that nobody uses in keep
//!  5  put each member of join onto them   each is writable again at once; join's leader goes last
//!  6  free the shared pages of join, if it had any
//! ```
//!
//! What the kernel may be writing to for a call of the program (a *hazard*) is never protected: a pair of which a span is
//! named is passed over. Calls that begin later see the barrier, and wait.
//!
//! Slots in use are disjoint, and each member keeps its own set, so the state after each single remap is a legal one:
//! whatever step is refused, what was moved stays where it is, what was not is unprotected, and nothing is lost.

use core::ops::ControlFlow;
use core::sync::atomic::{AtomicUsize, Ordering};

use heap::{PageHeap, PageIndex, Refused, Run, SizeClass, SpanId};
use miniheap::Spans;

use crate::global::GlobalHeap;
use crate::policy::MeshPolicy;
use crate::report::Report;
use crate::stats::MeshCounters;

impl MeshCounters {
    pub(crate) fn count(&self, counter: &AtomicUsize, by: usize) {
        counter.fetch_add(by, Ordering::Relaxed);
    }
}

impl<P: PageHeap, M: MeshPolicy, R: Report> GlobalHeap<P, M, R> {
    /// Carries out meshes of `class`, each given as the unit to keep and the unit to join to it, and of `units` neighbours
    /// in all, under one hold of the lock. Pairs that do not fit any more, or for which there are no mappings, are passed
    /// over. Returns the pages released; breaks off when the system's mappings run out.
    pub(crate) fn commit(
        &self,
        class: SizeClass,
        merges: impl Iterator<Item = (SpanId, SpanId)>,
        units: usize,
    ) -> ControlFlow<usize, usize> {
        let neighbours =
            |(keep, join)| (0..units as isize).map(move |distance| (keep, join, distance));
        self.hold(class, merges.flat_map(neighbours), |spans, plan| {
            let (keep, join, distance) = plan;
            let keep = self.beside(spans, keep, distance)?;
            let join = self.beside(spans, join, distance)?;
            (spans.can_mesh(keep, join)
                && !self.is_pair_named(spans, keep, join)
                && self.can_afford(spans, &[keep, join], spans.shared_members(join)))
            .then(|| self.mesh(spans, keep, join))
        })
    }

    /// Carries out `plans` under one hold of the lock, each by `act`, which releases a physical span, is refused, or finds
    /// that the plan does not fit any more. Returns the pages released; breaks off when the system's mappings run out.
    pub(crate) fn hold<T>(
        &self,
        class: SizeClass,
        plans: impl Iterator<Item = T>,
        mut act: impl FnMut(&mut Spans, T) -> Option<Result<(), Refused>>,
    ) -> ControlFlow<usize, usize> {
        let (mut released, mut exhausted) = (0, false);
        let mut spans = self.class(class);
        let start = self.pages.clock_ns();
        let barrier = self.pages.begin_barrier();
        for plan in plans {
            exhausted = !self.pages.mappings_permit();
            if exhausted {
                self.meshed.count(&self.meshed.refused, 1);
                break;
            }
            match act(&mut spans, plan) {
                Some(Ok(())) => {
                    released += spans.geometry().pages.index();
                    self.meshed.count(&self.meshed.meshes, 1);
                }
                Some(Err(Refused)) => self.meshed.count(&self.meshed.refused, 1),
                None => {}
            }
        }
        self.pages.end_barrier(barrier);
        debug_assert_eq!(spans.check_now_and_then(), Ok(()));
        let held = self.pages.clock_ns().saturating_sub(start);
        drop(spans);
        self.meshed
            .longest_hold_ns
            .fetch_max(held, Ordering::Relaxed);
        self.meshed.count(&self.meshed.pages_released, released);
        if exhausted {
            ControlFlow::Break(released)
        } else {
            ControlFlow::Continue(released)
        }
    }

    /// Moves the unit `join` onto the pages of the unit `keep`. On a refusal part of it may have moved.
    fn mesh(&self, spans: &mut Spans, keep: SpanId, join: SpanId) -> Result<(), Refused> {
        let home = self.share(spans, keep)?;
        self.protect_members(spans, join)?;
        while let Some(member) = spans.next_to_move(join) {
            if let Err(refused) = self.move_member(spans, keep, member, home) {
                self.unprotect_members(spans, join);
                return Err(refused);
            }
            if member == join {
                return Ok(());
            }
        }
        spans.leave_if_drained(join);
        Ok(())
    }

    /// Puts the unit onto shared pages, if it is not there yet; returns the page that names them.
    pub(crate) fn share(&self, spans: &mut Spans, unit: SpanId) -> Result<PageIndex, Refused> {
        let heap = spans.get(unit).ok_or(Refused)?;
        if let Some(group) = heap.group().and_then(|group| spans.group(group)) {
            let run = Run {
                first: group.home(),
                pages: spans.geometry().pages,
            };
            self.pages.open_shared(run)?;
            return Ok(run.first);
        }
        let run = spans.run(unit).ok_or(Refused)?;
        let group = spans.reserve_group(&self.pages).ok_or(Refused)?;
        let shared = self.share_run(spans, run);
        match shared {
            Ok(()) => {
                spans.settle(unit, group);
                Ok(run.first)
            }
            Err(Refused) => {
                spans.unreserve_group(group);
                Err(Refused)
            }
        }
    }

    /// Puts a private run onto the shared pages that it names, with its content.
    fn share_run(&self, spans: &Spans, run: Run) -> Result<(), Refused> {
        self.pages.open_shared(run)?;
        let shared = self.protect_and_share(spans, run);
        if shared.is_err() {
            // SAFETY: the run was not put onto them, and nobody else is.
            unsafe { self.pages.free_shared(run) };
        }
        shared
    }

    /// Puts a private run onto the shared pages that it names, which are open.
    fn protect_and_share(&self, spans: &Spans, run: Run) -> Result<(), Refused> {
        self.keep_out(spans, run)?;
        let bytes = run.pages.index() * P::PAGE_SIZE;
        // SAFETY: the shared pages are open and as long as the run; the run is protected, and nobody else is on them.
        unsafe { self.pages.copy_to_shared(run.first, run.first, 0, bytes) };
        // SAFETY: the shared pages hold all of the run's bytes.
        let aliased = unsafe { self.pages.alias(run, run.first) };
        if aliased.is_err() {
            self.pages.unprotect(run);
        }
        aliased
    }

    /// Protects all members of a unit that have objects, or none.
    fn protect_members(&self, spans: &Spans, unit: SpanId) -> Result<(), Refused> {
        let runs = || {
            spans
                .members_with_objects(unit)
                .filter_map(|member| spans.run(member))
        };
        for (done, run) in runs().enumerate() {
            if let Err(refused) = self.keep_out(spans, run) {
                runs().take(done).for_each(|run| self.pages.unprotect(run));
                return Err(refused);
            }
        }
        Ok(())
    }

    fn unprotect_members(&self, spans: &Spans, unit: SpanId) {
        let runs = spans
            .members_with_objects(unit)
            .filter_map(|member| spans.run(member));
        runs.for_each(|run| self.pages.unprotect(run));
    }

    /// Copies the objects of a protected span to the shared pages at `home`, those of `keep`, and puts the span onto them.
    /// Shared pages that nobody is on any more are freed; private ones went with the remap.
    pub(crate) fn move_member(
        &self,
        spans: &mut Spans,
        keep: SpanId,
        member: SpanId,
        home: PageIndex,
    ) -> Result<(), Refused> {
        let run = spans.run(member).ok_or(Refused)?;
        let was_unit = spans.leader(member) == Some(member);
        self.copy_objects(spans, member, home)?;
        // SAFETY: the shared pages hold the member's objects since the line above, and it is protected until now.
        unsafe { self.pages.alias(run, home) }?;
        if let Some(first) = spans.transfer(member, keep) {
            // SAFETY: the last member has just left them.
            unsafe { self.pages.free_shared(Run { first, ..run }) };
        }
        if was_unit {
            // Members that moved before were sharing pages already; with the leader, a physical span is gone.
            self.meshed.save(run.pages.index());
        }
        Ok(())
    }

    /// Copies the objects of one member to the same slots of the shared pages at `home`, neighbouring slots at once.
    fn copy_objects(&self, spans: &Spans, member: SpanId, home: PageIndex) -> Result<(), Refused> {
        let heap = spans.get(member).ok_or(Refused)?;
        let size = spans.geometry().object_size as usize;
        let mut slots = heap.live().iter().peekable();
        while let Some(first) = slots.next() {
            let mut end = first + 1;
            while slots.next_if_eq(&end).is_some() {
                end += 1;
            }
            // SAFETY: slots lie in the span. Nobody uses them in the group that keeps the pages, and the member is
            // protected, so nobody writes to either place.
            unsafe {
                self.pages
                    .copy_to_shared(heap.first(), home, first * size, (end - first) * size);
            }
        }
        Ok(())
    }
}
