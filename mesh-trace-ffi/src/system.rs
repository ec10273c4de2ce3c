//! What the recorder has of this process: mappings, and one file.

use core::ptr::{null_mut, with_exposed_provenance_mut};
use core::sync::atomic::AtomicBool;

use trace::System;

use crate::file::File;
use crate::kernel;

/// Mappings of their own, and the file once there is one.
pub(crate) struct Process {
    pub(crate) file: Option<File>,
}

/// Private anonymous memory; `None` when there is none.
fn map(bytes: usize) -> Option<*mut u8> {
    let protection = (libc::PROT_READ | libc::PROT_WRITE) as usize;
    let flags = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as usize;
    let arguments = [0, bytes, protection, flags, usize::MAX, 0];
    // SAFETY: a new mapping, where nothing is.
    let address = unsafe { kernel::call(libc::SYS_mmap, arguments) };
    usize::try_from(address)
        .ok()
        .map(with_exposed_provenance_mut)
}

impl System for Process {
    fn words(&mut self, count: usize) -> Option<&'static mut [u64]> {
        let words = map(count.checked_mul(size_of::<u64>())?)?;
        // SAFETY: a mapping of as many bytes, zeroed, aligned to a page, which nobody else knows and which stays until it
        // is given back.
        Some(unsafe { core::slice::from_raw_parts_mut(words.cast(), count) })
    }

    fn give_back(&mut self, words: &'static mut [u64]) {
        let arguments = [words.as_mut_ptr().addr(), size_of_val(words), 0, 0, 0, 0];
        // SAFETY: a whole mapping of `words`, to which this was the only reference. If it fails, the mapping stays.
        unsafe { kernel::call(libc::SYS_munmap, arguments) };
    }

    fn append(&mut self, bytes: &[u8]) -> bool {
        let done = self.file.is_some_and(|file| file.append(bytes));
        if !done {
            kernel::complain(&[b"the trace cannot be written any more"]);
        }
        done
    }
}

/// A flag that is false in a child that comes by `fork`, and true here; null when there is no such thing.
pub(crate) fn flag_of_this_process() -> *mut AtomicBool {
    const PAGE: usize = 4096;
    /// Linux 4.14.
    const WIPE_ON_FORK: usize = 18;
    let Some(page) = map(PAGE) else {
        return null_mut();
    };
    let arguments = [page.addr(), PAGE, WIPE_ON_FORK, 0, 0, 0];
    // SAFETY: the mapping made above.
    if unsafe { kernel::call(libc::SYS_madvise, arguments) } < 0 {
        return null_mut();
    }
    let flag = page.cast::<AtomicBool>();
    // SAFETY: the mapping is valid for writes, and nobody else knows it.
    unsafe { flag.write(AtomicBool::new(true)) };
    flag
}
