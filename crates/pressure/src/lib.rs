//! Whether memory is scarce for a process, as files of the kernel tell: those of its control group, of either version, and those of
//! the machine.
//!
//! * `text`: what the files say;
//! * `place`: names of files in directories;
//! * `group`: which directories are the process's;
//! * `room`: how full a group is;
//! * `watch`: a look at all of it;
//! * `pauses`: how often it is worth while to act on that.
//!
//! Nothing here makes a system call: who watches reads the [`Files`].
#![no_std]
#![forbid(unsafe_code)]

mod group;
mod pauses;
mod place;
mod room;
pub mod text;
mod watch;

use core::ffi::CStr;

pub use pauses::Pauses;
pub use room::permitted;
pub use watch::{LOOK_MS, Watch};

/// The machine, as far as it is looked at.
pub trait Files {
    /// Reads the file at `path` into `buffer` from its start; returns how many bytes that were. What has no room is cut. `None` if it
    /// cannot be read.
    fn read(&self, path: &CStr, buffer: &mut [u8]) -> Option<usize>;

    /// Bytes of memory that the machine has.
    fn memory(&self) -> u64;
}

/// Reads files into a buffer.
pub(crate) struct Reader<'a, F> {
    pub(crate) files: &'a F,
    pub(crate) buffer: &'a mut [u8],
}

impl<F: Files> Reader<'_, F> {
    /// The text of the file at `path`; `None` if it cannot be read.
    pub(crate) fn text(&mut self, path: Option<&CStr>) -> Option<&[u8]> {
        let len = self.files.read(path?, self.buffer)?;
        self.buffer.get(..len)
    }

    /// The number that the file at `path` has.
    pub(crate) fn number(&mut self, path: Option<&CStr>) -> Option<u64> {
        self.text(path).and_then(text::amount)
    }
}
