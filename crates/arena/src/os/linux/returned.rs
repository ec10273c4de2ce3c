//! What system calls return.

use core::ptr::NonNull;

use crate::os::Errno;

/// What a system call returned, as a result.
pub(super) fn checked(returned: isize) -> Result<usize, Errno> {
    // The kernel's convention: -4095 to -1 are negated error numbers.
    if (-4095..0).contains(&returned) {
        Err(Errno(-returned as i32))
    } else {
        Ok(returned as usize)
    }
}

pub(super) fn address(returned: isize) -> Result<NonNull<u8>, Errno> {
    checked(returned).and_then(|at| NonNull::new(at as *mut u8).ok_or(Errno::ENOMEM))
}
