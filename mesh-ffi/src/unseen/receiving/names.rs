//! Names and paths.

use core::ffi::{c_char, c_int, c_void};

use libc::{size_t, ssize_t};

use super::receiving;
use crate::unseen::written::Written;

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
    ttyname_r = c"ttyname_r"(file: c_int, buffer: *mut c_char, len: size_t) -> c_int:
        Written::NOTHING.bytes(buffer, len);
    __ttyname_r_chk = c"__ttyname_r_chk"(file: c_int, buffer: *mut c_char, len: size_t, room: size_t) -> c_int:
        Written::NOTHING.bytes(buffer, len);
    uname = c"uname"(record: *mut c_void) -> c_int: Written::NOTHING.object(record);
}
