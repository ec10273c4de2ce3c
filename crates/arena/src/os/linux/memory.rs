//! Mappings: made, and advised on.

use core::ptr::NonNull;

use super::call::syscall;
use super::returned::{address, checked};
use crate::os::{Access, Errno};

/// Private memory that nothing is set aside for before it is used.
pub(super) const RESERVED: i32 = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;

/// `MADV_POPULATE_WRITE`, since Linux 5.14.
pub(super) const MADV_POPULATE_WRITE: i32 = 23;

/// What `access` permits, as the kernel has it.
pub(super) fn protection(access: Access) -> i32 {
    match access {
        Access::None => libc::PROT_NONE,
        Access::Read => libc::PROT_READ,
        Access::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
    }
}

/// `mmap` of what is in no file.
pub(super) fn map(at: usize, len: usize, access: Access, flags: i32) -> Result<NonNull<u8>, Errno> {
    let no_file = usize::MAX;
    // SAFETY: `mmap` touches no memory of ours; callers of the fixed form own the range that it replaces.
    let returned = unsafe {
        syscall(
            libc::SYS_mmap,
            [
                at,
                len,
                protection(access) as usize,
                flags as usize,
                no_file,
                0,
            ],
        )
    };
    address(returned)
}

/// `madvise`.
///
/// # Safety
/// As for the method of [`Os`] that passes `advice`.
pub(super) unsafe fn madvise(at: NonNull<u8>, len: usize, advice: i32) -> Result<(), Errno> {
    loop {
        // SAFETY: the caller vouches for the range and the advice.
        let returned = unsafe {
            syscall(
                libc::SYS_madvise,
                [at.as_ptr() as usize, len, advice as usize, 0, 0, 0],
            )
        };
        match checked(returned) {
            // A signal came.
            Err(Errno(libc::EINTR)) => {}
            other => return other.map(drop),
        }
    }
}

/// `Os::unmap`.
///
/// # Safety
/// As for that method.
pub(super) unsafe fn unmap(at: NonNull<u8>, len: usize) -> Result<(), Errno> {
    // SAFETY: the caller owns the range, and nobody uses it any more.
    let returned = unsafe { syscall(libc::SYS_munmap, [at.as_ptr() as usize, len, 0, 0, 0, 0]) };
    checked(returned).map(drop)
}
