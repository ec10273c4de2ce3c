//! Mappings: made, and advised on.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicU8, Ordering};

use super::call::syscall;
use super::pages::PAGE;
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

/// Makes pages present and writable by writing to them what is there.
///
/// # Safety
/// The range is mapped, readable and writable.
pub(super) unsafe fn touch(at: NonNull<u8>, len: usize) {
    for offset in (0..len).step_by(PAGE) {
        // SAFETY: within the range.
        let byte = unsafe { at.add(offset) };
        // SAFETY: readable and writable; whoever else writes to it does so as if nothing happened here.
        let byte = unsafe { AtomicU8::from_ptr(byte.as_ptr()) };
        // Written even if it has changed meanwhile; an operation that cannot change it would be built as one that only reads.
        let there = byte.load(Ordering::Relaxed);
        let _ = byte.compare_exchange(there, there, Ordering::Relaxed, Ordering::Relaxed);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::{Linux, Os};

    #[test]
    fn pages_that_are_touched_are_there_as_they_were() {
        let os = Linux::new();
        let len = 8 * PAGE;
        let at = os.map_shared(len).unwrap();
        // SAFETY: within the range.
        let third = unsafe { at.add(2 * PAGE) };
        // SAFETY: mapped above.
        unsafe { third.write(7) };
        // SAFETY: mapped above, readable and writable.
        unsafe { touch(at, len) };
        let mut resident = [0_u8; 8];
        let arguments = [at.addr().get(), len, resident.as_mut_ptr().addr(), 0, 0, 0];
        // SAFETY: the kernel writes a byte for each page.
        checked(unsafe { syscall(libc::SYS_mincore, arguments) }).unwrap();
        assert!(resident.iter().all(|page| page & 1 == 1), "{resident:?}");
        // SAFETY: mapped above.
        assert_eq!(unsafe { third.read() }, 7);
        // SAFETY: mapped above, and used by nobody.
        unsafe { os.unmap(at, len) }.unwrap();
    }
}
