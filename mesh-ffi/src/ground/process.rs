//! Which process this is.

use core::sync::atomic::{AtomicI32, Ordering};

/// The process that the library was set up in; zero before the constructor.
static OWNER: AtomicI32 = AtomicI32::new(0);

/// Whether this process is the one that the library was set up in, or a child that came by `fork`.
///
/// A process that shares its memory with another (after `vfork`, or some uses of `clone`) is neither, and must not mesh.
pub(crate) fn is_ours() -> bool {
    // SAFETY: has no preconditions.
    OWNER.load(Ordering::Relaxed) == unsafe { libc::getpid() }
}

/// Whether this process is none of ours, but one that shares our memory: the child of `vfork`, say. Before the constructor nobody is.
pub(crate) fn is_guest() -> bool {
    OWNER.load(Ordering::Relaxed) != 0 && !is_ours()
}

/// Notes that this process is ours from now on.
pub(crate) fn adopt() {
    // SAFETY: has no preconditions.
    OWNER.store(unsafe { libc::getpid() }, Ordering::Relaxed);
}
