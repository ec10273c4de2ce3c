//! The file, mapped as a whole: what was written to it is there however the process ends.
//!
//! A process that forks shares it with its children, whose holds are in it too.

use core::mem::offset_of;
use core::ptr::{self, null_mut};
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use arena::os::syscall;

use crate::clock::ran;
use crate::machine::{thread, ticks};
use crate::record::{Header, Hold};

/// How many holds a file has room for. Later ones are counted only.
const CAPACITY: u64 = 1 << 20;

/// The mapping; null while nothing is recorded.
static FILE: AtomicPtr<Header> = AtomicPtr::new(null_mut());

const BYTES: usize = size_of::<Header>() + CAPACITY as usize * size_of::<Hold>();

/// The file at `path`, as long as it may get, all of it in memory.
pub(crate) fn map(path: *const u8) -> Option<*mut Header> {
    let flags = libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC | libc::O_CLOEXEC;
    let open = [
        libc::AT_FDCWD as usize,
        path.addr(),
        flags as usize,
        0o600,
        0,
        0,
    ];
    // SAFETY: the path ends with a zero.
    let file = checked(unsafe { syscall(libc::SYS_openat, open) })?;
    // SAFETY: makes a file of ours longer.
    let long = checked(unsafe { syscall(libc::SYS_ftruncate, [file, BYTES, 0, 0, 0, 0]) });
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_SHARED | libc::MAP_POPULATE;
    let map = [0, BYTES, protection as usize, flags as usize, file, 0];
    // SAFETY: a new mapping, where the kernel likes.
    let mapped = long.and_then(|_| checked(unsafe { syscall(libc::SYS_mmap, map) }));
    // SAFETY: ours since the call above.
    let _ = unsafe { syscall(libc::SYS_close, [file, 0, 0, 0, 0, 0]) };
    mapped.map(ptr::with_exposed_provenance_mut)
}

/// What a system call returned, unless it is an error.
fn checked(returned: isize) -> Option<usize> {
    usize::try_from(returned).ok()
}

/// Records from now on, in a mapping with this header.
pub(crate) fn begin(header: *mut Header, first: Header) {
    // SAFETY: the mapping begins with room for it, and nobody else knows the mapping.
    unsafe { header.write(first) };
    // Release: pairs with the load of `add`, which sees the header then.
    FILE.store(header, Ordering::Release);
}

/// When a thread came, and for how long it had run.
#[derive(Clone, Copy, Default)]
pub(crate) struct Before {
    pub(crate) arrived: u64,
    pub(crate) ran: u64,
}

/// Now, before a lock is asked for; nothing unless holds are recorded.
pub(crate) fn before() -> Before {
    // Relaxed: whoever writes to the file looks again.
    if FILE.load(Ordering::Relaxed).is_null() {
        return Before::default();
    }
    Before {
        arrived: ticks(),
        ran: ran(),
    }
}

/// Adds the hold of a lock that has just been opened: when it was asked for, taken, and opened.
pub(crate) fn add(lock: u64, site: u64, before: Before, [requested, taken, released]: [u64; 3]) {
    let header = FILE.load(Ordering::Acquire);
    // One that was taken before the recording began is left out.
    if header.is_null() || before.arrived == 0 {
        return;
    }
    // SAFETY: inside the mapping.
    let count = unsafe { header.byte_add(offset_of!(Header, count)) }.cast::<u64>();
    // SAFETY: aligned, in a mapping that stays, and touched in this way only.
    let count = unsafe { AtomicU64::from_ptr(count) };
    // Relaxed: only the number matters.
    let number = count.fetch_add(1, Ordering::Relaxed);
    if number >= CAPACITY {
        return;
    }
    // SAFETY: inside the mapping, or at its end.
    let holds = unsafe { header.add(1) }.cast::<Hold>();
    // SAFETY: the number is below the capacity.
    let place = unsafe { holds.add(number as usize) };
    let hold = Hold {
        thread: thread(),
        lock,
        site,
        arrived: before.arrived,
        ran_before: before.ran,
        requested,
        taken,
        released,
        ran: ran(),
        left: 0,
    };
    // SAFETY: inside the mapping, and nobody else has the number.
    unsafe { place.write(hold) };
    // SAFETY: as above.
    let left = unsafe { place.byte_add(offset_of!(Hold, left)) }.cast::<u64>();
    // SAFETY: as above.
    unsafe { left.write(ticks()) };
}
