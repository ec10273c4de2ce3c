//! The barrier of a mesh or a fork, and what keeps writers out of pages until it ends.

use super::{Refused, Run, SpanPages};

/// A barrier under way: what [`WriteProtection::end_barrier`] needs to end it.
#[derive(Debug)]
#[must_use]
pub struct Barrier(pub u64);

/// Keeping writers out of pages. All of it is called by one thread at a time.
///
/// # Safety
/// * Between [`protect`](Self::protect) and what lets writers in again, no byte of the run changes but through its shared pages.
/// * An operation that returns [`Refused`] keeps nobody out.
pub unsafe trait WriteProtection: SpanPages {
    /// Announces that runs will be protected, so that a writer who is caught waits.
    fn begin_barrier(&self) -> Barrier;

    /// Ends what [`begin_barrier`](Self::begin_barrier) announced and lets the writers go on.
    fn end_barrier(&self, barrier: Barrier);

    /// Whether the kernel may write to `run` on behalf of a thread that will not wait for the barrier under way, since it
    /// asked for that before the barrier began. Such a run must not be protected.
    fn is_named(&self, run: Run) -> bool;

    /// Passes to `act` runs of pages that the kernel may write to now. A hint: more may be named in the next moment, and
    /// some that are named already may be missing.
    fn each_named(&self, act: impl FnMut(Run));

    /// Keeps writers out of `run`; readers go on.
    fn protect(&self, run: Run) -> Result<(), Refused>;

    /// Whether [`protect_from_all`](Self::protect_from_all) can be had now.
    fn stops_the_kernel(&self) -> bool;

    /// [`protect`](Self::protect) where system calls that were not [named](Self::is_named) wait too. Refused where they
    /// would fail instead.
    fn protect_from_all(&self, run: Run) -> Result<(), Refused>;

    /// Lets writers into `run` again.
    fn unprotect(&self, run: Run);
}
