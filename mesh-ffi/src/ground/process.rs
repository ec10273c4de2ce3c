//! Which process this is.

use core::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use crate::ground::system;

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
    OWNER.load(Ordering::Relaxed) == system::process_number()
}

/// Whether this process is none of ours, but one that shares our memory: the child of `vfork`, say. Before the constructor nobody is.
pub(crate) fn is_guest() -> bool {
    OWNER.load(Ordering::Relaxed) != 0 && !is_ours()
}

/// Notes that this process is ours from now on.
pub(crate) fn adopt() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    OWNER.store(system::process_number(), Ordering::Relaxed);
}
