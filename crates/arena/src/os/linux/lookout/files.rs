//! The program's open files, looked at one by one without opening any.

use core::ffi::CStr;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicUsize, Ordering};

use libc::c_int;

use crate::os::linux::syscall;

/// Numbers that are looked at, at most.
const MOST: usize = 1 << 16;

/// Numbers without a file after which there is no other, where the kernel does not tell how many there are (before Linux 6.2).
const GAP: usize = 1100;

/// Whose name has the number of a file behind it.
const DIRECTORY: &CStr = c"/proc/thread-self/fd";

/// What the kernel calls a ring.
const RING: &[u8] = b"anon_inode:[io_uring]";

/// Looks at files.
pub(super) struct Files {
    /// The highest number that was open at the last look: it is often far from the others.
    highest: AtomicUsize,
}

/// What was seen.
#[derive(Default)]
pub(super) struct Seen {
    /// A ring that nobody was seen to make.
    pub(super) has_ring: bool,
    /// A file or a device that is open for direct I/O.
    pub(super) has_direct: bool,
}

impl Seen {
    /// Looks at one number; says whether a file is open there.
    fn look_at(&mut self, number: usize, is_known: fn(u64) -> bool) -> bool {
        let file = number as c_int;
        let Some(status) = file_status(file) else {
            return false;
        };
        match status.st_mode & libc::S_IFMT {
            // Files without a name have no kind either.
            0 => self.has_ring |= !is_known(status.st_ino) && is_ring(file),
            libc::S_IFREG | libc::S_IFBLK => self.has_direct |= is_direct(file),
            _ => {}
        }
        true
    }
}

/// How many files are open; `None` where that is not told.
fn count() -> Option<usize> {
    let mut status = MaybeUninit::<libc::stat>::zeroed();
    let (path, into) = (DIRECTORY.as_ptr() as usize, status.as_mut_ptr() as usize);
    let here = libc::AT_FDCWD as usize;
    // SAFETY: the path ends with a zero byte; the kernel fills one `stat`.
    let result = unsafe { syscall(libc::SYS_newfstatat, [here, path, into, 0, 0, 0]) };
    // SAFETY: all zeros is a valid `stat`.
    let size = unsafe { status.assume_init() }.st_size;
    usize::try_from(size)
        .ok()
        .filter(|&size| result == 0 && size > 0)
}

impl Files {
    pub(super) const fn new() -> Self {
        Self {
            highest: AtomicUsize::new(0),
        }
    }

    /// Looks at all of them; rings whose inode `is_known` are none.
    pub(super) fn look(&self, is_known: fn(u64) -> bool) -> Seen {
        let (mut seen, count) = (Seen::default(), count());
        let before = self.highest.load(Ordering::Relaxed);
        let (mut open, mut gap, mut highest) = (0, 0, 0);
        if before > 0 && seen.look_at(before, is_known) {
            (open, highest) = (1, before);
        }
        // One that is looked at already.
        let known = (open > 0).then_some(highest);
        for number in (0..MOST).filter(|&number| Some(number) != known) {
            if count.map_or(gap > GAP, |count| open >= count) {
                break;
            }
            if seen.look_at(number, is_known) {
                (open, gap) = (open + 1, 0);
                highest = highest.max(number);
            } else {
                gap += 1;
            }
        }
        self.highest.store(highest, Ordering::Relaxed);
        seen
    }
}

/// What the kernel tells about an open file.
pub fn file_status(file: c_int) -> Option<libc::stat> {
    let mut status = MaybeUninit::<libc::stat>::zeroed();
    let arguments = [file as usize, status.as_mut_ptr() as usize, 0, 0, 0, 0];
    // SAFETY: the kernel fills one `stat`.
    let result = unsafe { syscall(libc::SYS_fstat, arguments) };
    // SAFETY: all zeros is a valid `stat`.
    (result == 0).then(|| unsafe { status.assume_init() })
}

/// Whether a file is open for direct I/O.
fn is_direct(file: c_int) -> bool {
    let arguments = [file as usize, libc::F_GETFL as usize, 0, 0, 0, 0];
    // SAFETY: the kernel reads flags.
    let flags = unsafe { syscall(libc::SYS_fcntl, arguments) };
    flags >= 0 && flags as c_int & libc::O_DIRECT != 0
}

/// Whether a file is an `io_uring`.
fn is_ring(file: c_int) -> bool {
    let mut path = [0_u8; 40];
    let mut target = [0_u8; RING.len() + 1];
    write_path(&mut path, file as usize);
    let (path, into) = (path.as_ptr() as usize, target.as_mut_ptr() as usize);
    let arguments = [libc::AT_FDCWD as usize, path, into, target.len(), 0, 0];
    // SAFETY: the path ends with a zero byte; the kernel writes no more than there is room for.
    let len = unsafe { syscall(libc::SYS_readlinkat, arguments) };
    usize::try_from(len).is_ok_and(|len| target.get(..len) == Some(RING))
}

/// Writes the name of the file with this number; there is room for it, and for the zero byte at the end.
fn write_path(path: &mut [u8; 40], mut number: usize) {
    let mut digits = [0; 12];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 || first == 0 {
            break;
        }
    }
    let name = DIRECTORY
        .to_bytes()
        .iter()
        .chain(b"/")
        .chain(&digits[first..]);
    for (place, byte) in path.iter_mut().zip(name) {
        *place = *byte;
    }
}

const _: () = assert!(DIRECTORY.to_bytes().len() + 1 + 12 < 40);
