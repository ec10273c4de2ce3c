//! Which process this is.

use core::sync::atomic::{AtomicI32, AtomicU32, Ordering};

/// The process that the library was set up in; zero before the constructor.
static OWNER: AtomicI32 = AtomicI32::new(0);

/// How many times a process has adopted this memory: a number of its own for each child, and its children.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// The number of this process's generation.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Whether this process is the one that the library was set up in, or a child that came by `fork`.
///
/// A process that shares its memory with another (after `vfork`, or some uses of `clone`) is neither, and must not mesh.
pub(crate) fn is_ours() -> bool {
    // SAFETY: has no preconditions.
    OWNER.load(Ordering::Relaxed) == unsafe { libc::getpid() }
}

/// Notes that this process is ours from now on.
pub(crate) fn adopt() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    // SAFETY: has no preconditions.
    OWNER.store(unsafe { libc::getpid() }, Ordering::Relaxed);
}
