//! Numbers that the kernel shows as files.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use super::call::syscall;
use super::descriptor::Passing;
use super::returned::checked;
use crate::os::Errno;

/// The kernel's default for `vm.max_map_count`.
pub(super) const DEFAULT_MAPPINGS: usize = 65_530;

/// The decimal number at the start of a file, if there is one.
pub(super) fn number(path: &CStr) -> Option<usize> {
    let mut text = [0_u8; 24];
    decimal(read(path, &mut text).ok()?)
}

/// Whether system calls of this thread are filtered.
pub(super) fn is_filtered() -> Result<bool, Errno> {
    // Much more than what stands before the line, but for a process in hundreds of groups: then nothing is told.
    let mut text = [0_u8; 4096];
    filtered(read(c"/proc/thread-self/status", &mut text)?)
}

/// What a status says about filters.
fn filtered(status: &[u8]) -> Result<bool, Errno> {
    let line = status
        .split(|&byte| byte == b'\n')
        .find_map(|line| line.strip_prefix(b"Seccomp:\t"));
    match line {
        Some(mode) => Ok(mode != b"0"),
        None => Err(Errno(libc::ENODATA)),
    }
}

/// What the status of this thread says.
#[derive(Clone, Copy, Default)]
pub(super) struct Status {
    /// Whether the kernel keeps pages of this process in their places for itself, or for devices.
    pub(super) pinned: bool,
    /// Whether system calls of this thread are filtered.
    pub(super) filtered: bool,
}

/// The status; what the kernel does not tell is taken not to be.
pub(super) fn status() -> Status {
    let mut text = [0_u8; 4096];
    read(c"/proc/thread-self/status", &mut text).map_or(Status::default(), |text| Status {
        pinned: pinned(text),
        filtered: filtered(text) == Ok(true),
    })
}

/// What a status says about that.
fn pinned(status: &[u8]) -> bool {
    let line = status
        .split(|&byte| byte == b'\n')
        .find_map(|line| line.strip_prefix(b"VmPin:"));
    line.is_some_and(|line| line.iter().any(|byte| matches!(byte, b'1'..=b'9')))
}

/// The start of a file, in `text`.
fn read<'a>(path: &CStr, text: &'a mut [u8]) -> Result<&'a [u8], Errno> {
    let flags = libc::O_RDONLY | libc::O_CLOEXEC;
    let arguments = [
        libc::AT_FDCWD as usize,
        path.as_ptr() as usize,
        flags as usize,
        0,
        0,
        0,
    ];
    // SAFETY: the path ends with a zero byte.
    let file = Passing::new(checked(unsafe { syscall(libc::SYS_openat, arguments) })?);
    // SAFETY: the kernel writes at most the bytes of `text`.
    let read = checked(unsafe {
        syscall(
            libc::SYS_read,
            [
                file.file() as usize,
                text.as_mut_ptr() as usize,
                text.len(),
                0,
                0,
                0,
            ],
        )
    });
    Ok(text.get(..read?).unwrap_or(&[]))
}

/// The first two numbers of the kernel's version; zeros when it cannot be told.
pub(super) fn kernel_version() -> (usize, usize) {
    let mut name = MaybeUninit::<libc::utsname>::zeroed();
    // SAFETY: the kernel fills one `utsname`.
    let _ = unsafe { syscall(libc::SYS_uname, [name.as_mut_ptr() as usize, 0, 0, 0, 0, 0]) };
    // SAFETY: all zeros is a valid `utsname`, so it is valid even if the kernel wrote nothing.
    let name = unsafe { name.assume_init() };
    let release = name.release.map(|byte| byte as u8);
    let dot = release.iter().position(|&byte| byte == b'.').unwrap_or(0);
    let major = decimal(&release).unwrap_or(0);
    let minor = release.get(dot + 1..).and_then(decimal).unwrap_or(0);
    (major, minor)
}

fn decimal(text: &[u8]) -> Option<usize> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return None;
    }
    text.iter().take(digits).try_fold(0_usize, |value, &digit| {
        value
            .checked_mul(10)?
            .checked_add(usize::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_number_before_the_line_end() {
        assert_eq!(decimal(b"65530\n"), Some(65_530));
        assert_eq!(decimal(b"\n"), None);
        assert_eq!(decimal(b"99999999999999999999999"), None);
    }

    #[test]
    fn a_status_tells_about_filters() {
        assert_eq!(
            filtered(b"Name:\tx\nSeccomp:\t0\nSeccomp_filters:\t0\n"),
            Ok(false)
        );
        assert_eq!(
            filtered(b"Name:\tx\nSeccomp:\t2\nSeccomp_filters:\t1\n"),
            Ok(true)
        );
        assert!(filtered(b"Name:\tx\nSeccomp_filters:\t1\n").is_err());
        assert!(filtered(b"Name:\tx\nSecc").is_err());
    }

    #[test]
    fn a_status_tells_about_pins() {
        assert!(!pinned(
            b"VmLck:\t   8 kB\nVmPin:\t       0 kB\nVmHWM:\t 10 kB\n"
        ));
        assert!(pinned(b"VmLck:\t   0 kB\nVmPin:\t     104 kB\n"));
        assert!(!pinned(b"Name:\tx\n"));
    }

    #[test]
    fn the_status_of_this_thread_can_be_read() {
        assert!(is_filtered().is_ok());
    }

    #[test]
    fn the_running_kernel_has_a_version() {
        assert!(kernel_version() >= (5, 0));
    }

    #[test]
    fn a_file_that_is_not_there_gives_nothing() {
        assert_eq!(number(c"/proc/no/such/file"), None);
    }
}
