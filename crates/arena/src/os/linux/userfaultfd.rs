//! `userfaultfd`.
//!
//! Nobody reads the descriptor: a writer who waits goes on because its page was replaced or unprotected, and it was woken.

use core::ptr::NonNull;

use heap::RawLock;

use super::call::syscall;
use super::descriptor::{Passing, close, identity};
use super::returned::checked;
use super::{LinuxWith, Pages, proc, ring};
use crate::os::{Errno, Hold, Os, Userfault, WriteFaults};

/// Requests of `linux/userfaultfd.h`.
const NEW: usize = 0xaa00;
const API: usize = 0xc018_aa3f;
const REGISTER: usize = 0xc020_aa00;
const UNREGISTER: usize = 0x8010_aa01;
const WAKE: usize = 0x8010_aa02;
const WRITE_PROTECT: usize = 0xc018_aa06;

/// The version of the interface.
const API_VERSION: u64 = 0xaa;
/// Write-protection of private memory, of shared memory, and of pages that were never touched. Without the last, the first
/// write to such a page would slip through.
const FEATURES: u64 = 1 | 1 << 12 | 1 << 13;
/// Faults of writers, not of readers.
const MODE_WRITES: u64 = 1 << 1;
/// Protect, rather than lift.
const PROTECT: u64 = 1;

/// The descriptor's number is in the last part, one in so many, of those that a program may have …
const HIGH_PART: usize = 32;
/// … unless they are fewer than this: then the program has all of them …
const FEW: usize = 64;
/// … but no higher than this: the kernel copies the table of descriptors at each fork, up to the highest in use.
const TABLE: usize = 1024;

fn process() -> i32 {
    // SAFETY: has no preconditions.
    unsafe { syscall(libc::SYS_getpid, [0; 6]) as i32 }
}

/// A descriptor for faults of the kernel too, from the system call or the device.
fn open() -> Result<Passing, Errno> {
    let flags = (libc::O_CLOEXEC | libc::O_NONBLOCK) as usize;
    // SAFETY: the call takes flags only.
    let opened = checked(unsafe { syscall(libc::SYS_userfaultfd, [flags, 0, 0, 0, 0, 0]) });
    match opened {
        Err(error @ Errno(libc::EPERM)) => open_device(flags).map_err(|_| error),
        other => other.map(Passing::new),
    }
}

fn open_device(flags: usize) -> Result<Passing, Errno> {
    let path = c"/dev/userfaultfd".as_ptr() as usize;
    let arguments = [
        libc::AT_FDCWD as usize,
        path,
        (libc::O_RDWR | libc::O_CLOEXEC) as usize,
        0,
        0,
        0,
    ];
    // SAFETY: the path ends with a zero byte.
    let device = Passing::new(checked(unsafe { syscall(libc::SYS_openat, arguments) })?);
    // SAFETY: the request takes flags only.
    unsafe { ioctl(device.file(), NEW, flags) }.map(Passing::new)
}

/// # Safety
/// `argument` is what the request asks for, and the ranges in it belong to the caller.
unsafe fn ioctl(file: i32, request: usize, argument: usize) -> Result<usize, Errno> {
    // SAFETY: the caller's promise.
    checked(unsafe { syscall(libc::SYS_ioctl, [file as usize, request, argument, 0, 0, 0]) })
}

/// A request about a range, with words behind it.
///
/// # Safety
/// The caller owns the range, and the request takes a range with so many words.
unsafe fn about_range<const WORDS: usize>(
    userfault: &Userfault,
    request: usize,
    (at, len): (NonNull<u8>, usize),
    words: [u64; WORDS],
) -> Result<(), Errno> {
    #[repr(C)]
    struct Request<const WORDS: usize> {
        start: u64,
        len: u64,
        words: [u64; WORDS],
    }
    let mut about = Request {
        start: at.as_ptr() as u64,
        len: len as u64,
        words,
    };
    // SAFETY: the request's argument lives across the call; the range is the caller's.
    unsafe { ioctl(userfault.file, request, &raw mut about as usize) }.map(drop)
}

/// Asks for the features that are needed.
fn agree(file: i32) -> Result<(), Errno> {
    let mut api = [API_VERSION, FEATURES, 0];
    // SAFETY: the request reads and writes three words.
    unsafe { ioctl(file, API, &raw mut api as usize) }.map(drop)
}

/// A second descriptor for the same, where a program does not expect one.
fn high(file: i32) -> Result<i32, Errno> {
    let mut limit = [u64::MAX; 2];
    let arguments = [
        0,
        libc::RLIMIT_NOFILE as usize,
        0,
        &raw mut limit as usize,
        0,
        0,
    ];
    // SAFETY: the kernel writes the two words of the limit.
    let _ = unsafe { syscall(libc::SYS_prlimit64, arguments) };
    let numbers = usize::try_from(limit[0]).unwrap_or(usize::MAX).min(TABLE);
    if numbers < FEW {
        return Err(Errno(libc::EMFILE));
    }
    let lowest = numbers - numbers.div_ceil(HIGH_PART);
    let arguments = [
        file as usize,
        libc::F_DUPFD_CLOEXEC as usize,
        lowest,
        0,
        0,
        0,
    ];
    // SAFETY: copies a descriptor of ours.
    checked(unsafe { syscall(libc::SYS_fcntl, arguments) }).map(|file| file as i32)
}

// SAFETY: each method does what its description asks for, to the range that it was given.
unsafe impl<L: RawLock + Sync, G: Pages> WriteFaults for LinuxWith<L, G> {
    fn open_userfault(&self) -> Result<Userfault, Errno> {
        let low = open()?;
        agree(low.file())?;
        let high = Passing::new(high(low.file())? as usize);
        match high.identity() {
            Some(identity) if high.is_same_as(&low) => Ok(Userfault {
                file: high.keep(),
                identity,
                process: process(),
            }),
            // The program has put another file into its place.
            _ => Err(Errno(libc::EBADF)),
        }
    }

    fn is_filtered(&self) -> Result<bool, Errno> {
        proc::is_filtered()
    }

    fn is_ours(&self, userfault: &Userfault) -> bool {
        userfault.process == process()
    }

    fn is_open(&self, userfault: &Userfault) -> bool {
        identity(userfault.file) == Some(userfault.identity)
    }

    fn close_userfault(&self, userfault: &Userfault) {
        if self.is_open(userfault) {
            // SAFETY: it was opened by us, and is still what it was.
            unsafe { close(userfault.file) };
        }
    }

    unsafe fn register(
        &self,
        userfault: &Userfault,
        at: NonNull<u8>,
        len: usize,
    ) -> Result<(), Errno> {
        // SAFETY: the range is the caller's; a mode goes in, and what can be done comes out.
        unsafe { about_range(userfault, REGISTER, (at, len), [MODE_WRITES, 0]) }
    }

    unsafe fn unregister(
        &self,
        userfault: &Userfault,
        at: NonNull<u8>,
        len: usize,
    ) -> Result<(), Errno> {
        // To change a mapping the kernel waits for all faults in it, so whoever saw the protection is in the queue.
        // SAFETY: the range is the caller's.
        unsafe { about_range(userfault, UNREGISTER, (at, len), []) }
    }

    unsafe fn hold_writers(
        &self,
        userfault: &Userfault,
        at: NonNull<u8>,
        len: usize,
    ) -> Result<(), Errno> {
        // SAFETY: the range is the caller's; a mode goes in.
        unsafe { about_range(userfault, WRITE_PROTECT, (at, len), [PROTECT]) }
    }

    unsafe fn free_writers(&self, userfault: &Userfault, at: NonNull<u8>, len: usize) {
        // SAFETY: the range is the caller's; a mode goes in. Without one, protection is lifted, and writers are woken.
        let _ = unsafe { about_range(userfault, WRITE_PROTECT, (at, len), [0]) };
    }

    fn wake_writers(&self, userfault: &Userfault, at: NonNull<u8>, len: usize) {
        // SAFETY: to wake changes no memory.
        let _ = unsafe { about_range(userfault, WAKE, (at, len), []) };
    }

    fn hold(&self, userfault: &Userfault) -> Result<Hold, Errno> {
        let at = ring::hold(userfault.file)?;
        let process = userfault.process;
        Ok(Hold { at, process })
    }

    fn release(&self, hold: Hold) {
        // The mapping is not inherited: in a child there may be something else at its address.
        if hold.process == process() {
            // SAFETY: made by `hold`, used by nobody.
            let _ = unsafe { self.unmap(hold.at, Self::PAGE_SIZE) };
        }
    }
}
