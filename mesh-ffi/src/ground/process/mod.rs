//! Which process this is.

mod mark;

use core::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use crate::ground::system::process_number;

/// The process that the library was set up in; zero before the constructor.
static OWNER: AtomicI32 = AtomicI32::new(0);

/// How many times a process has adopted this memory: a number of its own for each child, and its children.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// The process that is about to be duplicated, or was last.
static ORIGINAL: AtomicI32 = AtomicI32::new(0);

/// The number of this process's generation.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Whether this process is the one that the library was set up in, or a child that came by `fork`.
///
/// A process that shares its memory with another (after `vfork`, or some uses of `clone`) is neither, and must not mesh.
pub(crate) fn is_ours() -> bool {
    OWNER.load(Ordering::Relaxed) == process_number() && mark::is_there() != Some(false)
}

/// Whether this process is none of ours, but one that shares our memory: the child of `vfork`, say. Before the constructor nobody is.
pub(crate) fn is_guest() -> bool {
    OWNER.load(Ordering::Relaxed) != 0 && !is_ours()
}

/// Notes that this process is ours from now on.
pub(crate) fn adopt() {
    mark::make();
    GENERATION.fetch_add(1, Ordering::Relaxed);
    OWNER.store(process_number(), Ordering::Relaxed);
}

/// Notes that this process is about to be duplicated: [`is_copy`] tells the two apart.
pub(crate) fn note_original() {
    mark::set();
    ORIGINAL.store(process_number(), Ordering::Relaxed);
}

/// Whether this process has a copy of the memory in which another one has called [`note_original`], and has not called
/// [`adopt`] since. A process that shares the memory is no copy.
///
/// Where the kernel does not mark copies, their numbers tell, which are the same at the birth of a namespace.
pub(crate) fn is_copy() -> bool {
    match mark::is_there() {
        Some(there) => !there,
        None => ORIGINAL.load(Ordering::Relaxed) != process_number(),
    }
}
