//! System calls as instructions: no other library wraps them, no thread is cancelled in them, and `errno` stays.

pub(crate) use arena::os::syscall as call;

/// The calling thread's number.
pub(crate) fn thread_id() -> i32 {
    // SAFETY: has no preconditions.
    unsafe { call(libc::SYS_gettid, [0; 6]) as i32 }
}

/// The process's number.
pub(crate) fn process_id() -> i32 {
    // SAFETY: has no preconditions.
    unsafe { call(libc::SYS_getpid, [0; 6]) as i32 }
}

/// Lets other threads run.
pub(crate) fn give_way() {
    // SAFETY: has no preconditions.
    unsafe { call(libc::SYS_sched_yield, [0; 6]) };
}

/// Writes all of `bytes`; says whether that was possible.
pub(crate) fn write_all(descriptor: i32, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        let arguments = [
            descriptor as usize,
            bytes.as_ptr().addr(),
            bytes.len(),
            0,
            0,
            0,
        ];
        // SAFETY: the bytes are valid for reads.
        let written = unsafe { call(libc::SYS_write, arguments) };
        match usize::try_from(written) {
            Ok(0) => return false,
            Ok(written) => bytes = bytes.get(written..).unwrap_or(&[]),
            Err(_) if written == -(libc::EINTR as isize) => {}
            Err(_) => return false,
        }
    }
    true
}

/// One line on standard error, put together from `parts`. Nobody can be told if that fails.
pub(crate) fn complain(parts: &[&[u8]]) {
    let mut line = [0; 256];
    let mut len = 0;
    for &byte in [&b"mesh-trace: "[..]]
        .iter()
        .chain(parts)
        .copied()
        .flatten()
    {
        if len + 1 < line.len() {
            line[len] = byte;
            len += 1;
        }
    }
    line[len] = b'\n';
    write_all(libc::STDERR_FILENO, &line[..=len]);
}
