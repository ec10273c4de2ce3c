//! A file that is written without the C library's `open`, `write` and `close`: those are points at which a thread may be
//! cancelled, and `malloc` is none.

use core::ffi::{CStr, c_int, c_long};
use core::mem::MaybeUninit;

use arena::os::syscall;

use crate::ground::line::Line;
use crate::ground::write::write;

/// Bytes that are written at once.
pub(in crate::upkeep) const BUFFER: usize = 4096;

/// Bytes on their way to a file.
pub(in crate::upkeep) struct Output<'a> {
    descriptor: usize,
    buffer: &'a mut [u8; BUFFER],
    len: usize,
    /// The error number of the first write that failed; there are none after it.
    failed: Option<c_int>,
}

impl<'a> Output<'a> {
    /// Makes the file of this name, or empties it.
    pub(in crate::upkeep) fn create(
        path: &CStr,
        buffer: &'a mut [u8; BUFFER],
    ) -> Result<Self, c_int> {
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC | libc::O_CLOEXEC;
        let path = path.as_ptr().expose_provenance();
        let arguments = [libc::AT_FDCWD as usize, path, flags as usize, 0o666];
        // SAFETY: the path is a string that lives across the call.
        let descriptor = unsafe { call(libc::SYS_openat, arguments) }?;
        Ok(Self {
            descriptor,
            buffer,
            len: 0,
            failed: None,
        })
    }

    /// Adds a line.
    pub(in crate::upkeep) fn put(&mut self, line: &mut Line) {
        self.put_bytes(line.terminated().to_bytes());
    }

    /// Adds bytes, at most [`BUFFER`].
    pub(in crate::upkeep) fn put_bytes(&mut self, bytes: &[u8]) {
        if self.buffer.len() - self.len < bytes.len() {
            self.flush();
        }
        if let Some(place) = self.buffer.get_mut(self.len..self.len + bytes.len()) {
            place.copy_from_slice(bytes);
            self.len += bytes.len();
        }
    }

    /// Writes what is left, and closes the file; the error number of what failed first.
    pub(in crate::upkeep) fn finish(mut self) -> Result<(), c_int> {
        self.flush();
        // SAFETY: opened by `create`, and used by nobody from now on.
        let closed = unsafe { call(libc::SYS_close, [self.descriptor, 0, 0, 0]) };
        self.failed.map_or(closed.map(|_| ()), Err)
    }

    fn flush(&mut self) {
        let mut rest = self.buffer.get(..self.len).unwrap_or(&[]);
        while self.failed.is_none() && !rest.is_empty() {
            match write(self.descriptor, rest) {
                Ok(written) => rest = rest.get(written..).unwrap_or(&[]),
                Err(libc::EINTR) => {}
                Err(error) => self.failed = Some(error),
            }
        }
        self.len = 0;
    }
}

/// Puts the file `from` in the place of `to`.
pub(in crate::upkeep) fn rename(from: &CStr, to: &CStr) -> Result<(), c_int> {
    let here = libc::AT_FDCWD as usize;
    let arguments = [
        here,
        from.as_ptr().expose_provenance(),
        here,
        to.as_ptr().expose_provenance(),
    ];
    // SAFETY: both are strings that live across the call; `call` passes no flags behind them.
    unsafe { call(libc::SYS_renameat2, arguments) }.map(|_| ())
}

/// Removes a file, if it can be.
pub(in crate::upkeep) fn remove(path: &CStr) {
    let arguments = [
        libc::AT_FDCWD as usize,
        path.as_ptr().expose_provenance(),
        0,
        0,
    ];
    // SAFETY: a string that lives across the call.
    let _ = unsafe { call(libc::SYS_unlinkat, arguments) };
}

/// What kind of file `path` is, one of the constants `S_IF…`; links are not followed.
pub(in crate::upkeep) fn kind(path: &CStr) -> Result<libc::mode_t, c_int> {
    let mut record = MaybeUninit::<libc::stat>::zeroed();
    let arguments = [
        libc::AT_FDCWD as usize,
        path.as_ptr().expose_provenance(),
        record.as_mut_ptr().expose_provenance(),
        libc::AT_SYMLINK_NOFOLLOW as usize,
    ];
    // SAFETY: a string and room for a record, which live across the call.
    unsafe { call(libc::SYS_newfstatat, arguments) }?;
    // SAFETY: zeros are valid for every field, and the call wrote them.
    let record = unsafe { record.assume_init() };
    Ok(record.st_mode & libc::S_IFMT)
}

/// Makes a system call; an error number when it fails.
///
/// # Safety
/// As for the call.
unsafe fn call(number: c_long, arguments: [usize; 4]) -> Result<usize, c_int> {
    let [a, b, c, d] = arguments;
    // SAFETY: the same contract.
    let result = unsafe { syscall(number, [a, b, c, d, 0, 0]) };
    usize::try_from(result).map_err(|_| -result as c_int)
}
