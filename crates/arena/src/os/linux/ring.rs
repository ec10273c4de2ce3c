//! Holding a file open without a descriptor.
//!
//! Any thread of a program may close any descriptor at any moment. An `io_uring` keeps the files that are registered with
//! it open, and a mapping of its queue keeps the ring: so one page of address space holds a file, whatever happens to its
//! descriptor. The ring is never used for anything else. (A pending request of the older asynchronous I/O holds a file
//! too, but costs each process that has one 30 ms at its end.)

use core::ptr::NonNull;

use super::Os;
use super::call::syscall;
use super::descriptor::Passing;
use super::memory::madvise;
use super::returned::{address, checked};
use crate::os::{Errno, Linux};

/// `IORING_REGISTER_FILES`.
const REGISTER_FILES: usize = 2;
/// `IORING_OFF_SQ_RING`.
const QUEUE: usize = 0;
/// Words of `io_uring_params`.
const PARAMETERS: usize = 30;

/// Maps one page that holds `file`. The page is not inherited by children.
pub(super) fn hold(file: i32) -> Result<NonNull<u8>, Errno> {
    let mut parameters = [0_u32; PARAMETERS];
    let arguments = [1, parameters.as_mut_ptr() as usize, 0, 0, 0, 0];
    // SAFETY: the kernel reads and writes the parameters.
    let ring = Passing::new(checked(unsafe {
        syscall(libc::SYS_io_uring_setup, arguments)
    })?);
    let number = ring.file() as usize;
    register(number, file).and_then(|()| map(number))
}

fn register(ring: usize, file: i32) -> Result<(), Errno> {
    let arguments = [ring, REGISTER_FILES, &raw const file as usize, 1, 0, 0];
    // SAFETY: the kernel reads one descriptor.
    checked(unsafe { syscall(libc::SYS_io_uring_register, arguments) }).map(drop)
}

fn map(ring: usize) -> Result<NonNull<u8>, Errno> {
    let flags = libc::MAP_SHARED as usize;
    let arguments = [
        0,
        Linux::PAGE_SIZE,
        libc::PROT_READ as usize,
        flags,
        ring,
        QUEUE,
    ];
    // SAFETY: a mapping at an address that the kernel chooses touches nobody.
    let at = address(unsafe { syscall(libc::SYS_mmap, arguments) })?;
    // SAFETY: the mapping is ours, and children have no use for it.
    let kept = unsafe { madvise(at, Linux::PAGE_SIZE, libc::MADV_DONTFORK) };
    if kept.is_err() {
        let arguments = [at.as_ptr() as usize, Linux::PAGE_SIZE, 0, 0, 0, 0];
        // SAFETY: mapped above.
        let _ = unsafe { syscall(libc::SYS_munmap, arguments) };
    }
    kept.map(|()| at)
}
