//! Names and paths.

use core::ffi::{c_char, c_int, c_void};

use libc::{size_t, ssize_t};

use super::receiving;
use crate::unseen::written::Written;

/// What `getcwd` may write to. Without a buffer, the C library allocates one of the length that the program wants, and
/// nobody else knows where.
fn by_getcwd(buffer: *const c_char, len: size_t) -> Written {
    if buffer.is_null() && len != 0 {
        Written::NOTHING.everything()
    } else {
        Written::NOTHING.bytes(buffer, len)
    }
}

receiving! {
    readlink = c"readlink"(path: *const c_char, buffer: *mut c_char, len: size_t) -> ssize_t:
        Written::NOTHING.bytes(buffer, len);
    __readlink_chk = c"__readlink_chk"(path: *const c_char, buffer: *mut c_char, len: size_t, room: size_t) -> ssize_t:
        Written::NOTHING.bytes(buffer, len);
    readlinkat = c"readlinkat"(directory: c_int, path: *const c_char, buffer: *mut c_char, len: size_t) -> ssize_t:
        Written::NOTHING.bytes(buffer, len);
    __readlinkat_chk = c"__readlinkat_chk"(
        directory: c_int, path: *const c_char, buffer: *mut c_char, len: size_t, room: size_t,
    ) -> ssize_t:
        Written::NOTHING.bytes(buffer, len);
    getcwd = c"getcwd"(buffer: *mut c_char, len: size_t) -> usize: by_getcwd(buffer, len);
    __getcwd_chk = c"__getcwd_chk"(buffer: *mut c_char, len: size_t, room: size_t) -> usize: by_getcwd(buffer, len);
    ttyname_r = c"ttyname_r"(file: c_int, buffer: *mut c_char, len: size_t) -> c_int:
        Written::NOTHING.bytes(buffer, len);
    __ttyname_r_chk = c"__ttyname_r_chk"(file: c_int, buffer: *mut c_char, len: size_t, room: size_t) -> c_int:
        Written::NOTHING.bytes(buffer, len);
    uname = c"uname"(record: *mut c_void) -> c_int: Written::NOTHING.object(record);
}
