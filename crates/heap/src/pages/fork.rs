//! What a fork asks of pages.

use super::{Refused, Remapping, Run};
use crate::number::PageIndex;

/// Locks and copies of the shared pages for a child. In the end no other thread changes anything here, until
/// [`unlock_after_fork`](Self::unlock_after_fork).
///
/// # Safety
/// * Copies have the bytes that the shared pages had.
/// * An operation that returns [`Refused`] has changed no byte that the program can see.
pub unsafe trait ForkPages: Remapping {
    /// Takes the locks that a writer may hold who waits for the end of a barrier: called before one begins.
    fn lock_for_fork(&self);

    /// Takes the other locks: called after the last copy.
    fn lock_shared_for_fork(&self);

    /// Opens the locks that [`lock_for_fork`](Self::lock_for_fork) and
    /// [`lock_shared_for_fork`](Self::lock_shared_for_fork) took.
    ///
    /// # Safety
    /// The calling thread took them, in this process or in its parent.
    unsafe fn unlock_after_fork(&self);

    /// Makes room for a copy of the shared pages of `run`. Called before the locks are taken.
    fn reserve_snapshot(&self, run: Run) -> Result<(), Refused>;

    /// Copies the shared pages of `run`, for which room was made, for a child. Nobody writes to them meanwhile.
    fn copy_to_snapshot(&self, run: Run);

    /// Forgets the copies: the parent's way out.
    fn drop_snapshot(&self);

    /// Makes the copies the shared pages: the child's way on. Each span is still where it was; the caller puts it onto the
    /// copies with [`alias`](Remapping::alias).
    fn adopt_snapshot(&self);

    /// Takes the addresses of `run` in a child: a dead span that was on shared pages, and counts as such until it is
    /// [dissolved](Remapping::dissolve). Left empty, they would go to the next mapping of the program.
    fn fill(&self, run: Run) -> Result<(), Refused>;

    /// The first page at or after `from` that is on shared pages.
    fn next_shared(&self, from: PageIndex) -> Option<PageIndex>;
}
