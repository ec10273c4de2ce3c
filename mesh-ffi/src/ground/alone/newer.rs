//! Functions that came to the C library after the version that this library needs: with a loader, too, they may be missing.

use arena::os::syscall;

use crate::ground::system;

use super::StandIn;

/// `arc4random_buf`, which cannot fail.
unsafe extern "C" fn arc4random_buf(buffer: *mut u8, len: usize) {
    let mut filled = 0;
    while filled < len {
        let rest = buffer.wrapping_add(filled).expose_provenance();
        // SAFETY: the program's buffer.
        match unsafe { syscall(libc::SYS_getrandom, [rest, len - filled, 0, 0, 0, 0]) } {
            read @ 1.. => filled += read as usize,
            error if error == -(libc::EINTR as isize) => {}
            _ => system::abort(),
        }
    }
}

/// All of them.
pub(super) const ALL: &[StandIn] = &[StandIn::new(c"arc4random_buf", arc4random_buf as *const ())];
