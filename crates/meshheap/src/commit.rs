//! Carrying out meshes.
//!
//! A mesh moves the virtual spans of one unit onto the shared pages of another, one after the other; neighbours onto
//! neighbours at once (see the module `stretch`). The steps for a unit *keep* that is still on private pages, and a unit *join*:
//!
//! ```text
//!  1  open the shared pages of keep
//!  2  protect keep                        a writer waits from here on, readers go on
//!  3  copy the objects of keep there      and put keep onto them: keep is writable again, a group of one
//!     for each member of join, its leader last:
//!  4  protect it
//!  5  copy its objects there              into slots that nobody uses in keep
//!  6  put it onto them                    it is writable again
//!  7  free the shared pages of join, if it had any
//! ```
//!
//! What the kernel may be writing to for a call of the program (a *hazard*) is never protected: a pair of which a span is
//! named is passed over. Calls that begin later see the barrier, and wait.
//!
//! Slots in use are disjoint, and each member keeps its own set, so the state after each single remap is a legal one:
//! whatever step is refused, what was moved stays where it is, what was not is unprotected, and nothing is lost.

use core::ops::ControlFlow;
use core::sync::atomic::Ordering;

use bitmap::SpanBits;
use globalheap::Report;
use heap::{PageHeap, Refused, Run, SizeClass, SpanId};
use miniheap::{MiniHeap, Spans};

use crate::mesh_heap::MeshHeap;
use crate::moves::Move;
use crate::policy::MeshPolicy;
use crate::tuning::HOLD_NS;
use crate::width::Width;

/// What came of a plan.
#[derive(Clone, Copy, Default)]
pub(crate) struct Outcome {
    /// Physical spans that were released.
    pub(crate) meshed: usize,
    /// Steps that the system refused.
    pub(crate) refused: usize,
}

impl<P: PageHeap, M: MeshPolicy, R: Report> MeshHeap<P, M, R> {
    /// Carries out meshes of `class`, each given as the unit to keep and the unit to join to it, and of neighbours as `width` says, under
    /// one hold of the lock. Pairs that do not fit any more, or for which there are no mappings, are passed
    /// over. Returns the pages released; breaks off when the system's mappings run out,
    /// or the class is not to be meshed any more. What there was no time for is left in `merges`.
    pub(crate) fn commit(
        &self,
        class: SizeClass,
        merges: &mut impl Iterator<Item = (SpanId, SpanId)>,
        width: Width,
    ) -> ControlFlow<usize, usize> {
        let units = width.units(self.below().geometry(class)).unwrap_or(1);
        self.hold(class, merges, |spans, (keep, join)| {
            if width == Width::OntoHosts {
                self.share_block(spans, keep, join);
            }
            self.mesh_stretch(spans, keep, join, units)
        })
    }

    /// Carries out `plans` under one hold of the lock, each by `act`, as long as nobody minds to wait for it. Returns the pages
    /// released; breaks off when the system's mappings run out, or the class is not to be meshed any more. What there was no time for is
    /// left in `plans`.
    pub(crate) fn hold<T>(
        &self,
        class: SizeClass,
        plans: &mut impl Iterator<Item = T>,
        mut act: impl FnMut(&mut Spans, T) -> Outcome,
    ) -> ControlFlow<usize, usize> {
        // What was found may have been found before.
        if self.is_left_alone(class) {
            return ControlFlow::Break(0);
        }
        let (mut total, mut exhausted) = (Outcome::default(), false);
        let mut spans = self.class(class);
        let start = self.pages().clock_ns();
        let barrier = self.pages().begin_barrier();
        for plan in plans.by_ref() {
            exhausted = !self.pages().mappings_permit();
            if exhausted {
                total.refused += 1;
                break;
            }
            let Outcome { meshed, refused } = act(&mut spans, plan);
            total.meshed += meshed;
            total.refused += refused;
            if self.pages().clock_ns().saturating_sub(start) >= HOLD_NS {
                break;
            }
        }
        self.pages().end_barrier(barrier);
        spans.assert_sound();
        let released = total.meshed * spans.geometry().pages.index();
        let held = self.pages().clock_ns().saturating_sub(start);
        drop(spans);
        let meshed = &self.meshed;
        meshed.longest_hold_ns.fetch_max(held, Ordering::Relaxed);
        meshed.count(&meshed.meshes, total.meshed);
        meshed.count(&meshed.refused, total.refused);
        meshed.count(&meshed.pages_released, released);
        if exhausted {
            ControlFlow::Break(released)
        } else {
            ControlFlow::Continue(released)
        }
    }

    /// Puts a private run onto the shared pages that it names, with its content.
    pub(crate) fn share_run(&self, run: Run) -> Result<(), Refused> {
        self.pages().open_shared(run)?;
        let shared = self.protect_and_share(run);
        if shared.is_err() {
            // SAFETY: the run was not put onto them, and nobody else is.
            unsafe { self.pages().free_shared(run) };
        }
        shared
    }

    /// Puts a private run onto the shared pages that it names, which are open.
    fn protect_and_share(&self, run: Run) -> Result<(), Refused> {
        self.keep_out(run)?;
        let bytes = run.pages.index() * P::PAGE_SIZE;
        // SAFETY: the shared pages are open and as long as the run; the run is protected, and nobody else is on them.
        unsafe { self.pages().copy_to_shared(run.first, run.first, 0, bytes) };
        // SAFETY: the shared pages hold all of the run's bytes.
        let aliased = unsafe { self.pages().alias(run, run.first) };
        if aliased.is_err() {
            self.pages().unprotect(run);
        }
        aliased
    }

    /// `member` is on the shared pages of `keep` now. Shared pages that nobody is on any more are freed; private ones went with
    /// the remap.
    pub(crate) fn transfer_member(&self, spans: &mut Spans, member: &Move, keep: SpanId) {
        let &Move { span, from, .. } = member;
        let was_unit = spans.leader(span) == Some(span);
        if let Some(first) = spans.transfer(span, keep) {
            // SAFETY: the last member has just left them.
            unsafe { self.pages().free_shared(Run { first, ..from }) };
        }
        if was_unit {
            // Members that moved before were sharing pages already; with the leader, a physical span is gone.
            self.save(from.pages.index());
        }
    }

    /// Copies the objects of a protected member to the same slots of the shared pages that it goes to, neighbouring slots at
    /// once.
    pub(crate) fn copy_objects(&self, spans: &Spans, member: &Move) {
        let size = spans.geometry().object_size as usize;
        let live = spans.get(member.span).map(MiniHeap::live);
        let mut slots = live.into_iter().flat_map(SpanBits::iter).peekable();
        while let Some(first) = slots.next() {
            let mut end = first + 1;
            while slots.next_if_eq(&end).is_some() {
                end += 1;
            }
            let (offset, len) = (first * size, (end - first) * size);
            // SAFETY: slots lie in the span. Nobody uses them in the group that keeps the pages, and the member is
            // protected, so nobody writes to either place.
            unsafe {
                self.pages()
                    .copy_to_shared(member.from.first, member.to, offset, len);
            }
        }
    }
}
