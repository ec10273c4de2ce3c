//! What a fork asks of pages.

use super::{Refused, Remapping, Run};
use crate::number::SizeClass;

/// How writers were kept out of pages.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct KeptOut {
    /// They wait in the kernel.
    pub in_kernel: bool,
    /// They get a signal.
    pub by_signal: bool,
}

/// Locks that code may hold which a fork, or a signal handler that forks, has interrupted.
pub trait ForkLock {
    /// Takes them.
    fn lock_for_fork(&self);

    /// [`lock_for_fork`](Self::lock_for_fork), if they are open; says whether they were.
    fn try_lock_for_fork(&self) -> bool;

    /// Opens what [`lock_for_fork`](Self::lock_for_fork) took.
    ///
    /// # Safety
    /// The calling thread took it, in this process or in its parent.
    unsafe fn unlock_after_fork(&self);
}

/// Copies of the shared pages for a child, and the locks that hold still meanwhile.
///
/// All of it goes by what lies where, which changes only under [`hold_mappings`](Remapping::hold_mappings): the records of spans
/// are not asked, so a thread can fork while it, or another, is in the middle of a change to them.
///
/// # Safety
/// * Copies have the bytes that the shared pages had.
/// * An operation that returns [`Refused`] has changed no byte that the program can see.
pub unsafe trait ForkPages: Remapping + ForkLock {
    /// Takes the other locks, after the last copy: mappings are held, and nobody who waits for them is needed.
    fn lock_windows_for_fork(&self);

    /// Opens what [`lock_windows_for_fork`](Self::lock_windows_for_fork) took.
    ///
    /// # Safety
    /// The calling thread took it, in this process or in its parent.
    unsafe fn unlock_windows_after_fork(&self);

    /// Makes room for copies of all shared pages. Mappings are held. Cheap when there is room already, and nothing has changed
    /// since.
    fn open_snapshot(&self) -> Result<(), Refused>;

    /// Copies all shared pages, for which there is room, for a child. Nobody writes to them meanwhile.
    fn copy_to_snapshot(&self);

    /// Forgets the copies: the parent's way out.
    fn drop_snapshot(&self);

    /// The child's way on: the copies are the shared pages, and each span that was on shared pages is on them, or on private pages
    /// with their content. The addresses of dead spans are taken: left empty, they would go to the next mapping of the program.
    /// When it is refused, the child must not go on.
    fn adopt_snapshot(&self) -> Result<(), Refused>;

    /// Passes all spans on shared pages to `act`: their class, and runs of neighbours.
    fn each_shared(&self, act: impl FnMut(SizeClass, Run));

    /// Keeps the writes of other threads out of `run` while it is copied, in the kernel where that can be had, and notes how. Where it
    /// is refused, a part may be protected.
    fn protect_for_fork(&self, run: Run, ways: &mut KeptOut) -> Result<(), Refused>;

    /// Lets writers into `run` again, in the parent: it, or a part of it, was protected in these ways, or not at all.
    fn unprotect_after_fork(&self, run: Run, ways: KeptOut);
}
