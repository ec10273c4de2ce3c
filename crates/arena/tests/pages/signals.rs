//! The signal mask of a test's thread.

/// Whether this thread has the signal blocked.
pub(crate) fn blocked(signal: i32) -> bool {
    let mut set = std::mem::MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: without a new set only the old one is written.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), set.as_mut_ptr()) };
    // SAFETY: written by the call.
    unsafe { libc::sigismember(set.as_ptr(), signal) == 1 }
}
