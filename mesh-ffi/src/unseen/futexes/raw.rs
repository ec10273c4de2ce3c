//! The system call `futex`, as it is.

use arena::os::syscall;
use libc::{SYS_futex, c_int};

/// The arguments of a system call.
pub(crate) type Arguments = [usize; 6];

/// FUTEX_PRIVATE_FLAG; its newer name FUTEX2_PRIVATE has the same value.
pub(super) const PRIVATE: usize = libc::FUTEX_PRIVATE_FLAG as usize;

/// Makes a call for the program.
pub(super) fn call(arguments: Arguments) -> isize {
    // SAFETY: the program's call, which reads and writes futexes at most.
    unsafe { syscall(SYS_futex, arguments) }
}

/// The same with FUTEX_PRIVATE_FLAG.
pub(super) fn call_private(mut arguments: Arguments) -> isize {
    arguments[1] |= PRIVATE;
    call(arguments)
}

/// Wakes so many of those that wait at `word` with the flag; says how many there were.
pub(super) fn wake_private(word: usize, count: c_int) -> isize {
    let wake = libc::FUTEX_WAKE as usize;
    call_private([word, wake, count as usize, 0, 0, 0]).max(0)
}
