//! What is looked at.

use std::path::PathBuf;

/// What came of a try.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Tried {
    Works,
    /// The kernel said no, with this error number.
    Refused(i32),
    /// The process that tried was killed.
    Killed,
    /// It could not be tried.
    Untried(String),
}

/// What the library said of itself in a process that was started with it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Preloaded {
    pub(crate) library: PathBuf,
    pub(crate) barrier: String,
    pub(crate) barrier_reason: String,
    pub(crate) unmeshed_because: String,
}

/// A machine, and what may be done there.
pub(crate) trait System {
    /// The text of a file; `None` if it cannot be read.
    fn read(&self, path: &str) -> Option<String>;

    /// Whether the caller is root.
    fn is_root(&self) -> bool;

    /// The kind of processor, as in `x86_64`.
    fn machine(&self) -> &str;

    /// Bytes of a page.
    fn page_size(&self) -> usize;

    /// The version of the C library, if it is glibc.
    fn glibc(&self) -> Option<String>;

    /// The system call `userfaultfd`, as the write barrier makes it.
    fn userfaultfd(&self) -> Tried;

    /// `/dev/userfaultfd`, which does the same for whoever may open it.
    fn userfaultfd_device(&self) -> Tried;

    /// A program with the library in front; an error in words if it did not load.
    fn preload(&self) -> Result<Preloaded, String>;
}
