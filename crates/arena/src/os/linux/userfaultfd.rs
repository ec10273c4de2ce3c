//! `userfaultfd`.
//!
//! Nobody reads the descriptor: a writer who waits goes on because its page was replaced or unprotected, and it was woken.

use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::call::syscall;
use super::{Linux, checked, proc, ring};
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

fn close(file: i32) {
    // SAFETY: callers close what they have opened, or looked at.
    let _ = unsafe { syscall(libc::SYS_close, [file as usize, 0, 0, 0, 0, 0]) };
}

fn process() -> i32 {
    // SAFETY: has no preconditions.
    unsafe { syscall(libc::SYS_getpid, [0; 6]) as i32 }
}

/// A descriptor for faults of the kernel too, from the system call or the device.
fn open() -> Result<i32, Errno> {
    let flags = (libc::O_CLOEXEC | libc::O_NONBLOCK) as usize;
    // SAFETY: the call takes flags only.
    let opened = checked(unsafe { syscall(libc::SYS_userfaultfd, [flags, 0, 0, 0, 0, 0]) });
    match opened {
        Err(error @ Errno(libc::EPERM)) => open_device(flags).map_err(|_| error),
        other => other.map(|file| file as i32),
    }
}

fn open_device(flags: usize) -> Result<i32, Errno> {
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
    let device = checked(unsafe { syscall(libc::SYS_openat, arguments) })? as i32;
    // SAFETY: the request takes flags only.
    let opened = unsafe { ioctl(device, NEW, flags) };
    close(device);
    opened.map(|file| file as i32)
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

/// Device and inode of an open file. Each `userfaultfd` has an inode of its own on the kernels that have the features.
fn identity(file: i32) -> Option<(u64, u64)> {
    let mut status = MaybeUninit::<libc::stat>::zeroed();
    let arguments = [file as usize, status.as_mut_ptr() as usize, 0, 0, 0, 0];
    // SAFETY: the kernel fills one `stat`.
    checked(unsafe { syscall(libc::SYS_fstat, arguments) }).ok()?;
    // SAFETY: all zeros is a valid `stat`, and the kernel has written one.
    let status = unsafe { status.assume_init() };
    Some((status.st_dev, status.st_ino))
}

// SAFETY: each method does what its description asks for, to the range that it was given.
unsafe impl WriteFaults for Linux {
    fn open_userfault(&self) -> Result<Userfault, Errno> {
        let low = open()?;
        let opened = agree(low).and_then(|()| high(low));
        close(low);
        let file = opened?;
        let Some(identity) = identity(file) else {
            close(file);
            return Err(Errno(libc::EBADF));
        };
        let process = process();
        Ok(Userfault {
            file,
            identity,
            process,
        })
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
            close(userfault.file);
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
