//! `mremap`, onto addresses that are in use.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use super::call::syscall;
use super::memory::{RESERVED, map, unmap};
use super::returned::checked;
use super::{LinuxWith, proc};
use crate::os::{Access, Errno, NotMoved};

/// The kernel's version was not looked up yet.
pub(super) const REMAP_UNKNOWN: u8 = 0;
/// All limits are checked before the target is unmapped (since Linux 6.17).
const REMAP_CHECKS_FIRST: u8 = 1;
/// The target is unmapped before the limit on address space is checked.
const REMAP_UNMAPS_FIRST: u8 = 2;

impl<L, G> LinuxWith<L, G> {
    /// Whether a refused remap leaves its target as it was.
    fn remap_checks_first(&self) -> bool {
        // Relaxed: every thread that looks finds the same answer.
        let mut known = self.remap.load(Ordering::Relaxed);
        if known == REMAP_UNKNOWN {
            known = if proc::kernel_version() >= (6, 17) {
                REMAP_CHECKS_FIRST
            } else {
                REMAP_UNMAPS_FIRST
            };
            self.remap.store(known, Ordering::Relaxed);
        }
        known == REMAP_CHECKS_FIRST
    }

    /// `Os::alias`.
    ///
    /// # Safety
    /// As for that method.
    pub(super) unsafe fn map_again(
        &self,
        from: NonNull<u8>,
        len: usize,
        to: NonNull<u8>,
    ) -> Result<(), Errno> {
        // An old size of zero maps shared pages a second time and leaves the first mapping where it is.
        let (from, to) = (from.as_ptr() as usize, to.as_ptr() as usize);
        if self.remap_checks_first() {
            let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
            // SAFETY: the caller owns both ranges and wants `to` replaced.
            return unsafe { remap(from, 0, len, flags, to) }.map(drop);
        }
        // Where a refusal comes too late, a free address is tried first; a move changes no total.
        // SAFETY: a second mapping at an address that the kernel chooses touches nobody.
        let scratch = unsafe { remap(from, 0, len, libc::MREMAP_MAYMOVE, 0) }?;
        if scratch == to {
            // Nothing was there, as in a child.
            return Ok(());
        }
        let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
        // SAFETY: `scratch` is ours since the line above; the caller wants `to` replaced.
        let moved = unsafe { remap(scratch, len, len, flags, to) };
        if moved.is_err() {
            // SAFETY: the move failed, so the scratch mapping is where it was, and only known here.
            let _ = unsafe { syscall(libc::SYS_munmap, [scratch, len, 0, 0, 0, 0]) };
        }
        moved.map(drop)
    }
}

/// `mremap`.
///
/// # Safety
/// The caller owns the ranges that the call changes.
unsafe fn remap(
    from: usize,
    old_len: usize,
    len: usize,
    flags: i32,
    to: usize,
) -> Result<usize, Errno> {
    // SAFETY: the caller owns the ranges.
    checked(unsafe {
        syscall(
            libc::SYS_mremap,
            [from, old_len, len, flags as usize, to, 0],
        )
    })
}

/// `Os::move_pages`.
///
/// # Safety
/// As for that method.
pub(super) unsafe fn move_pages(
    from: NonNull<u8>,
    len: usize,
    to: NonNull<u8>,
    to_len: usize,
) -> Result<(), NotMoved> {
    let away = libc::MREMAP_MAYMOVE | libc::MREMAP_DONTUNMAP;
    let onto = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
    let (start, target) = (from.as_ptr() as usize, to.as_ptr() as usize);
    // To a place that the kernel chooses first: that changes nothing when it is refused. With a target of ours, several
    // mappings may be moved in part, and a target may be unmapped before the limits are looked at.
    // SAFETY: the caller owns the range.
    let scratch = unsafe { remap(start, len, len, away, 0) }.map_err(|_| NotMoved::Refused)?;
    // SAFETY: the pages are ours at their new place, and the caller wants `to` replaced.
    if unsafe { remap(scratch, len, to_len, onto, target) }.is_ok() {
        return Ok(());
    }
    // SAFETY: the scratch is ours, and so is the range at `from`, which the first step left there.
    if unsafe { remap(scratch, len, len, onto, start) }.is_err() {
        let scratch = core::ptr::with_exposed_provenance_mut::<u8>(scratch);
        // SAFETY: both ranges are mapped and `len` bytes long.
        unsafe { from.as_ptr().copy_from_nonoverlapping(scratch, len) };
        if let Some(scratch) = NonNull::new(scratch) {
            // SAFETY: nobody knows the place.
            let _ = unsafe { unmap(scratch, len) };
        }
    }
    let flags = RESERVED | libc::MAP_FIXED_NOREPLACE;
    match map(target, to_len, Access::ReadWrite, flags) {
        Ok(_) => Err(NotMoved::Refused),
        Err(_) => Err(NotMoved::TargetLost),
    }
}
