//! The file that a trace is written to.

use crate::kernel;

/// Bytes of a path, the zero byte at its end included.
const LONGEST: usize = 4096;
/// Numbers below are left to the program, some of which close them all.
const HIGH: usize = 700;

/// An open file, known by its number and by what it is.
#[derive(Clone, Copy)]
pub(crate) struct File {
    descriptor: i32,
    device: u64,
    inode: u64,
}

/// Device and inode of what is open under a number.
fn identity(descriptor: i32) -> Option<(u64, u64)> {
    let mut stat = core::mem::MaybeUninit::<libc::stat>::zeroed();
    let arguments = [descriptor as usize, stat.as_mut_ptr().addr(), 0, 0, 0, 0];
    // SAFETY: the place is as long as the kernel's structure, which the C library's is on 64-bit machines.
    let failed = unsafe { kernel::call(libc::SYS_fstat, arguments) } < 0;
    // SAFETY: all fields are integers, for which zero is a value; the kernel may have set them.
    let stat = unsafe { stat.assume_init() };
    (!failed).then_some((stat.st_dev, stat.st_ino))
}

impl File {
    /// Creates a file that was not there. An error number when that fails.
    fn create_new(path: &Path) -> Result<Self, isize> {
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_CLOEXEC;
        let (here, path) = (libc::AT_FDCWD as usize, path.bytes.as_ptr().addr());
        // SAFETY: the path ends with a zero byte: see `Path`.
        let opened =
            unsafe { kernel::call(libc::SYS_openat, [here, path, flags as usize, 0o644, 0, 0]) };
        if opened < 0 {
            return Err(-opened);
        }
        let wanted = [
            opened as usize,
            libc::F_DUPFD_CLOEXEC as usize,
            HIGH,
            0,
            0,
            0,
        ];
        // SAFETY: has no preconditions.
        let high = unsafe { kernel::call(libc::SYS_fcntl, wanted) };
        let descriptor = if high < 0 {
            opened as i32
        } else {
            // SAFETY: opened above, and known to nobody else.
            unsafe { kernel::call(libc::SYS_close, [opened as usize, 0, 0, 0, 0, 0]) };
            high as i32
        };
        let (device, inode) = identity(descriptor).ok_or(libc::EBADF as isize)?;
        Ok(Self {
            descriptor,
            device,
            inode,
        })
    }

    /// Creates the file `name`; when there is one already, `name.PID`, or `name.PID.2` to `name.PID.9`. The other is that of
    /// a parent that started this program, or of a program that this process was before. Complains when none can be had.
    pub(crate) fn create(name: &[u8]) -> Option<Self> {
        let own = kernel::process_id().unsigned_abs();
        let suffixes = [(None, None), (Some(own), None)].into_iter();
        for (pid, program) in suffixes.chain((2..=9).map(|number| (Some(own), Some(number)))) {
            match Path::new(name, pid, program).map(|path| Self::create_new(&path)) {
                Some(Ok(file)) => return Some(file),
                Some(Err(error)) if error == libc::EEXIST as isize => {}
                _ => break,
            }
        }
        kernel::complain(&[b"cannot create ", name]);
        None
    }

    /// Appends `bytes`, if the number still stands for this file; says whether all of them are there.
    pub(crate) fn append(self, bytes: &[u8]) -> bool {
        identity(self.descriptor) == Some((self.device, self.inode))
            && kernel::write_all(self.descriptor, bytes)
    }
}

/// A path that ends with a zero byte.
struct Path {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Path {
    /// `name`, with a dot and a number for each suffix; `None` when that is too long.
    fn new(name: &[u8], first: Option<u32>, second: Option<u32>) -> Option<Self> {
        let mut path = Self {
            bytes: [0; LONGEST],
            len: 0,
        };
        path.push(name)?;
        for number in first.into_iter().chain(second) {
            path.push_number(number)?;
        }
        Some(path)
    }

    fn push(&mut self, text: &[u8]) -> Option<()> {
        let end = self.len + text.len();
        // The last byte stays zero.
        let place = self.bytes[..LONGEST - 1].get_mut(self.len..end)?;
        place.copy_from_slice(text);
        self.len = end;
        Some(())
    }

    fn push_number(&mut self, number: u32) -> Option<()> {
        let (mut digits, mut rest, mut first) = ([b'.'; 11], number, 11);
        loop {
            first -= 1;
            digits[first] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.push(&digits[first - 1..])
    }
}
