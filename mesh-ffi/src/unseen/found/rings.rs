//! Rings that were seen to be made, by the inodes of their files. An `io_uring` has one of its own.

use core::sync::atomic::{AtomicU64, Ordering};

use arena::os::file_status;
use libc::c_int;

/// Rings that can be known.
const MOST: usize = 64;

/// Inodes; zero for none.
static KNOWN: [AtomicU64; MOST] = [const { AtomicU64::new(0) }; MOST];

fn exchange(old: u64, new: u64) -> bool {
    KNOWN.iter().any(|place| {
        place
            .compare_exchange(old, new, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    })
}

/// Notes the ring behind `file`; false when that cannot be.
pub(crate) fn note(file: c_int) -> bool {
    let status = file_status(file).filter(|status| status.st_ino != 0);
    status.is_some_and(|status| exchange(0, status.st_ino))
}

/// Forgets the ring behind `file`, before it is closed.
pub(crate) fn forget(file: c_int) {
    if let Some(status) = file_status(file)
        && status.st_ino != 0
    {
        exchange(status.st_ino, 0);
    }
}

/// Whether the ring with this inode was noted.
pub(super) fn is_known(inode: u64) -> bool {
    inode != 0
        && KNOWN
            .iter()
            .any(|place| place.load(Ordering::Relaxed) == inode)
}
