//! Input and output that go on while the program does something else: the kernel, or a thread of the C library, writes to an
//! object when no call is under way that could name it.
//!
//! Where every request passes through a function that we stand in front of, what a request reads into is *kept*: its pages stay as they
//! are until the last object is gone from there, and everything else goes on being meshed. That holds behind either barrier, and for direct
//! I/O too. So it is with the C library's (`posix`), with libaio (`contexts`), and with rings of liburing (`rings`). Nothing is
//! meshed any more from where requests may begin to pass by: a ring that the kernel polls, one without liburing, registered buffers.

use libc::iovec;

mod contexts;
mod posix;
mod rings;

pub(crate) use contexts::keep_submitted;

use crate::ground::reach::peek;
use crate::ground::tls;
use crate::unseen::pinning::pin;
use crate::unseen::stop::{Reason, stop};
use crate::unseen::written::is_meshed;

/// Parts of a vector, or requests, that are looked at; more of them end meshing.
const MOST: usize = 1024;

/// Ends meshing, before something begins of which nobody knows where it will be written.
fn give_up() {
    stop(Reason::AsynchronousIo);
}

/// Keeps the pages of `len` bytes at `at`, as far as the object reaches that is there.
fn keep<T>(at: *const T, len: usize) {
    if !is_meshed(at) || len == 0 {
        return;
    }
    if tls::inside() {
        // A signal handler over a slow path of ours, whose lock may be held.
        return give_up();
    }
    pin(at.cast(), len);
}

/// Keeps the object at `at`.
fn keep_object<T>(at: *const T) {
    keep(at, size_of::<T>().max(1));
}

/// Keeps what the parts of a vector name.
fn keep_parts(parts: *const iovec, count: usize) {
    if count > MOST {
        return give_up();
    }
    for index in 0..count {
        let Some(part) = peek(parts.wrapping_add(index)) else {
            return;
        };
        keep(part.iov_base, part.iov_len);
    }
}
