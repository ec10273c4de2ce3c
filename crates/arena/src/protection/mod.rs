//! How writers are kept out of pages: in two tiers.
//!
//! 1. `userfaultfd`: who writes, the kernel included, waits in the kernel until the page is remapped. Not everybody may.
//! 2. `mprotect`: a thread that writes gets SIGSEGV, and its handler waits. A system call that writes fails with `EFAULT`.
//!
//! The second serves where the first cannot be had, in a mesh and in a fork.

mod watch;

use crate::os::Errno;

pub(crate) use watch::Watch;

/// Which barrier a program asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BarrierChoice {
    /// `userfaultfd` where it can be had and no filter of system calls may kill for trying, else `mprotect`.
    Auto,
    /// `userfaultfd` where it can be had, else `mprotect`.
    Userfaultfd,
    /// `mprotect`.
    Mprotect,
}

/// The barrier in use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BarrierTier {
    /// Writers wait in the kernel.
    Userfaultfd,
    /// Writers wait in a signal handler, because `userfaultfd` …
    Mprotect(Why),
}

/// Why `userfaultfd` is not in use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// Nobody has asked for it.
    NotAsked,
    /// The process may not use it.
    NotPermitted,
    /// The kernel does not have it, or lacks a feature.
    NotThere,
    /// The process is under a filter of system calls, which may kill it for trying.
    Filtered,
    /// The system does not tell whether it is under one.
    Untold,
    /// No descriptor or memory was left for it, or the range could not be registered.
    Refused,
    /// It could not be held open (`io_uring` is missing or forbidden).
    NotHeld,
    /// The program has closed its descriptor.
    Closed,
}

impl Why {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotAsked => "as asked",
            Self::NotPermitted => "userfaultfd is not permitted",
            Self::NotThere => "the kernel lacks userfaultfd or a feature of it",
            Self::Filtered => "system calls are filtered",
            Self::Untold => "/proc does not tell whether system calls are filtered",
            Self::Refused => "userfaultfd was refused",
            Self::NotHeld => "io_uring, which keeps userfaultfd open, was refused",
            Self::Closed => "the program closed the userfaultfd",
        }
    }
}

impl From<Errno> for Why {
    fn from(error: Errno) -> Self {
        match error.0 {
            libc::EPERM | libc::EACCES => Self::NotPermitted,
            libc::ENOSYS | libc::EINVAL => Self::NotThere,
            _ => Self::Refused,
        }
    }
}
