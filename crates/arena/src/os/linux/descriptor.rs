//! Descriptors that are open for a moment.
//!
//! The kernel hands out the lowest number that is free. A thread of the program that closes numbers it does not know may hit
//! ours and open a file in its place, which we must not close.

use core::mem::{ManuallyDrop, MaybeUninit};

use super::call::syscall;
use super::returned::checked;

/// Device and inode.
pub(super) type Identity = (u64, u64);

/// What an open file is. An `io_uring`, and a `userfaultfd` on the kernels that have the features, are unlike all others.
pub(super) fn identity(file: i32) -> Option<Identity> {
    let mut status = MaybeUninit::<libc::stat>::zeroed();
    let arguments = [file as usize, status.as_mut_ptr() as usize, 0, 0, 0, 0];
    // SAFETY: the kernel fills one `stat`.
    checked(unsafe { syscall(libc::SYS_fstat, arguments) }).ok()?;
    // SAFETY: all zeros is a valid `stat`, and the kernel has written one.
    let status = unsafe { status.assume_init() };
    Some((status.st_dev, status.st_ino))
}

/// Closes whatever is behind a number.
///
/// # Safety
/// It is ours.
pub(super) unsafe fn close(file: i32) {
    // SAFETY: the caller's promise.
    let _ = unsafe { syscall(libc::SYS_close, [file as usize, 0, 0, 0, 0, 0]) };
}

/// A descriptor that is closed when this ends, unless its number stands for another file by then.
pub(super) struct Passing {
    file: i32,
    identity: Option<Identity>,
}

impl Passing {
    /// For a number that a system call has just returned.
    pub(super) fn new(file: usize) -> Self {
        let file = file as i32;
        Self {
            file,
            identity: identity(file),
        }
    }

    pub(super) fn file(&self) -> i32 {
        self.file
    }

    /// What it stood for at first.
    pub(super) fn identity(&self) -> Option<Identity> {
        self.identity
    }

    /// Whether both stood for the same file at first.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        self.identity == other.identity
    }

    /// The number, which stays open.
    pub(super) fn keep(self) -> i32 {
        ManuallyDrop::new(self).file
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        // Where nothing tells what a file is, it is closed.
        if identity(self.file) == self.identity {
            // SAFETY: the file was opened by us, and is behind this number still.
            unsafe { close(self.file) };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read;
    use std::os::fd::{AsRawFd, IntoRawFd};

    use super::*;

    fn open(path: &str) -> Passing {
        Passing::new(File::open(path).unwrap().into_raw_fd() as usize)
    }

    #[test]
    fn it_is_closed_in_the_end() {
        let passing = open("/proc/self/stat");
        let (file, before) = (passing.file(), passing.identity());
        assert!(before.is_some());
        drop(passing);
        // Another test may have opened something there by now.
        assert!(identity(file) != before);
    }

    #[test]
    fn another_file_in_its_place_is_left_alone() {
        let passing = open("/proc/self/stat");
        let mut other = File::open("/proc/version").unwrap();
        let number = passing.file();
        // SAFETY: both numbers are open, and nobody but `passing` knows the second.
        assert!(unsafe { libc::dup2(other.as_raw_fd(), number) } == number);
        drop(passing);
        assert_eq!(identity(number), identity(other.as_raw_fd()));
        // SAFETY: put there above.
        unsafe { close(number) };
        assert!(other.read(&mut [0; 16]).unwrap() > 0);
    }
}
