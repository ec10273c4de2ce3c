//! Numbers that the kernel shows as files.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use super::call::syscall;
use super::checked;

/// The kernel's default for `vm.max_map_count`.
pub(super) const DEFAULT_MAPPINGS: usize = 65_530;

/// The decimal number at the start of a file, if there is one.
pub(super) fn number(path: &CStr) -> Option<usize> {
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
    let file = checked(unsafe { syscall(libc::SYS_openat, arguments) }).ok()?;
    let mut text = [0_u8; 24];
    // SAFETY: the kernel writes at most the bytes of `text`.
    let read = checked(unsafe {
        syscall(
            libc::SYS_read,
            [file, text.as_mut_ptr() as usize, text.len(), 0, 0, 0],
        )
    });
    // SAFETY: the descriptor was opened above and is used nowhere else.
    let _ = unsafe { syscall(libc::SYS_close, [file, 0, 0, 0, 0, 0]) };
    decimal(text.get(..read.ok()?)?)
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
    fn the_running_kernel_has_a_version() {
        assert!(kernel_version() >= (5, 0));
    }

    #[test]
    fn a_file_that_is_not_there_gives_nothing() {
        assert_eq!(number(c"/proc/no/such/file"), None);
    }
}
