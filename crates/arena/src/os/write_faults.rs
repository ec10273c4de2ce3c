//! Faults of writers that wait in the kernel: `userfaultfd` on Linux.

use core::ptr::NonNull;

use super::Errno;

/// A descriptor that ranges can be registered with, and what tells it from another one that has come to its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Userfault {
    /// The number.
    pub file: i32,
    /// Device and inode of what the number stood for.
    pub identity: (u64, u64),
    /// The process whose memory it acts on.
    pub process: i32,
}

/// A mapping of `process` that keeps what a [`Userfault`] protects protected when its descriptor is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hold {
    /// The mapping.
    pub at: NonNull<u8>,
    /// The process that it is in.
    pub process: i32,
}

// SAFETY: the mapping belongs to whoever has the value; nobody reads or writes it.
unsafe impl Send for Hold {}

/// Write-protection whose writers, the kernel among them, wait inside the kernel.
///
/// A system that has nothing of the kind keeps the methods as they are here. The conventions are those of [`Os`](super::Os).
///
/// # Safety
/// As for [`Os`](super::Os).
pub unsafe trait WriteFaults {
    /// Opens a descriptor for the calling process, at a high number and closed by `exec`.
    ///
    /// `EPERM`: the process may not. `ENOSYS`, `EINVAL`: the system lacks it, or a feature that is needed.
    fn open_userfault(&self) -> Result<Userfault, Errno> {
        Err(Errno(libc::ENOSYS))
    }

    /// Whether the process is under a filter of system calls, which may kill it for one of the calls that are made here.
    /// An error when the system does not tell.
    fn is_filtered(&self) -> Result<bool, Errno> {
        Ok(false)
    }

    /// Whether the calling process is the one that the descriptor was opened by.
    fn is_ours(&self, _userfault: &Userfault) -> bool {
        false
    }

    /// Whether the number still stands for the descriptor.
    fn is_open(&self, _userfault: &Userfault) -> bool {
        false
    }

    /// Closes the descriptor, if it is open. What is protected through it is writable again, and its writers go on, unless a
    /// [`Hold`] is left.
    fn close_userfault(&self, _userfault: &Userfault) {}

    /// Makes protection of the range possible. On an error part of the range may be registered.
    ///
    /// # Safety
    /// The caller owns the range.
    unsafe fn register(
        &self,
        _userfault: &Userfault,
        _at: NonNull<u8>,
        _len: usize,
    ) -> Result<(), Errno> {
        Err(Errno(libc::ENOSYS))
    }

    /// Lifts all protection of the range, and makes it impossible. Whoever was about to wait, waits when this returns: only
    /// [`wake_writers`](Self::wake_writers) lets them go on. On an error part of the range may have been done.
    ///
    /// # Safety
    /// As for [`register`](Self::register).
    unsafe fn unregister(
        &self,
        _userfault: &Userfault,
        _at: NonNull<u8>,
        _len: usize,
    ) -> Result<(), Errno> {
        Err(Errno(libc::ENOSYS))
    }

    /// Makes writers of a registered range wait. On an error part of the range may be protected.
    ///
    /// # Safety
    /// As for [`register`](Self::register); the writers are woken some time.
    unsafe fn hold_writers(
        &self,
        _userfault: &Userfault,
        _at: NonNull<u8>,
        _len: usize,
    ) -> Result<(), Errno> {
        Err(Errno(libc::ENOSYS))
    }

    /// Lets writers into a range again and wakes them, and leaves it registered: this needs no memory and is not refused. Who
    /// saw the protection just before may yet go to sleep.
    ///
    /// # Safety
    /// As for [`register`](Self::register).
    unsafe fn free_writers(&self, _userfault: &Userfault, _at: NonNull<u8>, _len: usize) {}

    /// Lets writers who wait in the range try again.
    fn wake_writers(&self, _userfault: &Userfault, _at: NonNull<u8>, _len: usize) {}

    /// Keeps what is protected through the descriptor protected even when its number is closed.
    fn hold(&self, _userfault: &Userfault) -> Result<Hold, Errno> {
        Err(Errno(libc::ENOSYS))
    }

    /// Ends a hold; in another process than its own it does nothing. If the descriptor is closed, what it protected becomes
    /// writable, and writers go on, a little later.
    fn release(&self, _hold: Hold) {}
}
