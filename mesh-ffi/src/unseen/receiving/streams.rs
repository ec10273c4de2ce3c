//! Streams of the C library, which reads with calls of its own.
//!
//! A stream reads into its buffer, which is kept apart unless the program gave it one; and into the program's memory, when that
//! is no smaller than the buffer.

use core::ffi::{c_char, c_int, c_void};
use core::ptr::null_mut;

use libc::{FILE, size_t};

use super::receiving;
use crate::ground::next::next;
use crate::ground::only_shared::only_shared;
use crate::unseen::written::{Written, is_meshed};

receiving! {
    _IO_fread = c"_IO_fread"(buffer: *mut c_void, size: size_t, count: size_t, stream: *mut FILE) -> size_t:
        Written::NOTHING.bytes(buffer, size.saturating_mul(count));
    _IO_sgetn = c"_IO_sgetn"(stream: *mut FILE, buffer: *mut c_void, len: size_t) -> size_t:
        Written::NOTHING.bytes(buffer, len);
    _IO_file_read = c"_IO_file_read"(stream: *mut FILE, buffer: *mut c_void, len: isize) -> isize, sleeping:
        Written::NOTHING.bytes(buffer, len.unsigned_abs());
    _IO_file_stat = c"_IO_file_stat"(stream: *mut FILE, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    fread = c"fread"(buffer: *mut c_void, size: size_t, count: size_t, stream: *mut FILE) -> size_t:
        Written::NOTHING.bytes(buffer, size.saturating_mul(count));
    fread_unlocked = c"fread_unlocked"(buffer: *mut c_void, size: size_t, count: size_t, stream: *mut FILE) -> size_t:
        Written::NOTHING.bytes(buffer, size.saturating_mul(count));
    __fread_chk = c"__fread_chk"(buffer: *mut c_void, room: size_t, size: size_t, count: size_t, stream: *mut FILE) -> size_t:
        Written::NOTHING.bytes(buffer, size.saturating_mul(count));
    __fread_unlocked_chk = c"__fread_unlocked_chk"(
        buffer: *mut c_void, room: size_t, size: size_t, count: size_t, stream: *mut FILE,
    ) -> size_t:
        Written::NOTHING.bytes(buffer, size.saturating_mul(count));
}

/// The buffer that a stream is given: none, so that it takes one of its own, in place of one that may be meshed. C permits a stream
/// not to use the buffer that it is given.
fn usable(buffer: *mut c_char) -> *mut c_char {
    if is_meshed(buffer) {
        null_mut()
    } else {
        buffer
    }
}

next!(fn next_setvbuf = c"setvbuf"(stream: *mut FILE, buffer: *mut c_char, mode: c_int, size: size_t) -> c_int);

only_shared!(setvbuf);

/// `setvbuf`, with a buffer that is never meshed. A stream without one reads into its own `FILE`, which is kept apart.
///
/// # Safety
/// As for the function of the C library.
pub(crate) unsafe extern "C" fn setvbuf(
    stream: *mut FILE,
    buffer: *mut c_char,
    mode: c_int,
    size: size_t,
) -> c_int {
    // SAFETY: the same contract; null stands for a buffer of the stream's own.
    unsafe { next_setvbuf(stream, usable(buffer), mode, size) }
}

only_shared!(setbuffer);

/// `setbuffer`, with a buffer that is never meshed.
///
/// # Safety
/// As for the function of the C library.
pub(crate) unsafe extern "C" fn setbuffer(stream: *mut FILE, buffer: *mut c_char, size: size_t) {
    let mode = if buffer.is_null() {
        libc::_IONBF
    } else {
        libc::_IOFBF
    };
    // SAFETY: the same contract.
    unsafe { setvbuf(stream, buffer, mode, size) };
}

only_shared!(setbuf);

/// `setbuf`: `setbuffer` with a buffer of `BUFSIZ` bytes.
///
/// # Safety
/// As for the function of the C library.
pub(crate) unsafe extern "C" fn setbuf(stream: *mut FILE, buffer: *mut c_char) {
    // SAFETY: the same contract.
    unsafe { setbuffer(stream, buffer, libc::BUFSIZ as size_t) };
}
