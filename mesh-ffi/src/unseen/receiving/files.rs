//! What is known about files, and other ways in which file calls write.

use core::ffi::{c_char, c_int, c_uint, c_ulong, c_void};

use libc::{off_t, size_t, ssize_t};

use super::receiving;
use crate::unseen::arguments::by_ioctl;
use crate::unseen::written::Written;

/// What `fcntl` may write to: a record at its argument, if that is an address.
fn by_fcntl(argument: usize) -> Written {
    Written::NOTHING.object(core::ptr::without_provenance::<u8>(argument))
}

receiving! {
    stat = c"stat"(path: *const c_char, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    stat64 = c"stat64"(path: *const c_char, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    lstat = c"lstat"(path: *const c_char, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    lstat64 = c"lstat64"(path: *const c_char, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    fstat = c"fstat"(file: c_int, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    fstat64 = c"fstat64"(file: c_int, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    fstatat = c"fstatat"(directory: c_int, path: *const c_char, record: *mut c_void, flags: c_int) -> c_int:
        Written::NOTHING.object(record);
    fstatat64 = c"fstatat64"(directory: c_int, path: *const c_char, record: *mut c_void, flags: c_int) -> c_int:
        Written::NOTHING.object(record);
    __xstat = c"__xstat"(version: c_int, path: *const c_char, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    __xstat64 = c"__xstat64"(version: c_int, path: *const c_char, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    __lxstat = c"__lxstat"(version: c_int, path: *const c_char, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    __lxstat64 = c"__lxstat64"(version: c_int, path: *const c_char, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    __fxstat = c"__fxstat"(version: c_int, file: c_int, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    __fxstat64 = c"__fxstat64"(version: c_int, file: c_int, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    __fxstatat = c"__fxstatat"(version: c_int, directory: c_int, path: *const c_char, record: *mut c_void, flags: c_int) -> c_int:
        Written::NOTHING.object(record);
    __fxstatat64 = c"__fxstatat64"(version: c_int, directory: c_int, path: *const c_char, record: *mut c_void, flags: c_int) -> c_int:
        Written::NOTHING.object(record);
    statx = c"statx"(directory: c_int, path: *const c_char, flags: c_int, mask: c_uint, record: *mut c_void) -> c_int:
        Written::NOTHING.object(record);
    statfs = c"statfs"(path: *const c_char, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    statfs64 = c"statfs64"(path: *const c_char, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    fstatfs = c"fstatfs"(file: c_int, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    fstatfs64 = c"fstatfs64"(file: c_int, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    pipe = c"pipe"(ends: *mut c_int) -> c_int: Written::NOTHING.object(ends);
    pipe2 = c"pipe2"(ends: *mut c_int, flags: c_int) -> c_int: Written::NOTHING.object(ends);
    ioctl = c"ioctl"(file: c_int, request: c_ulong, argument: usize) -> c_int: by_ioctl(request as usize, argument);
    fcntl = c"fcntl"(file: c_int, command: c_int, argument: usize) -> c_int: by_fcntl(argument);
    fcntl64 = c"fcntl64"(file: c_int, command: c_int, argument: usize) -> c_int: by_fcntl(argument);
    sendfile = c"sendfile"(to: c_int, from: c_int, offset: *mut off_t, len: size_t) -> ssize_t: Written::NOTHING.object(offset);
    sendfile64 = c"sendfile64"(to: c_int, from: c_int, offset: *mut off_t, len: size_t) -> ssize_t: Written::NOTHING.object(offset);
    splice = c"splice"(from: c_int, from_offset: *mut off_t, to: c_int, to_offset: *mut off_t, len: size_t, flags: c_uint) -> ssize_t:
        Written::NOTHING.object(from_offset).object(to_offset);
    copy_file_range = c"copy_file_range"(
        from: c_int, from_offset: *mut off_t, to: c_int, to_offset: *mut off_t, len: size_t, flags: c_uint,
    ) -> ssize_t:
        Written::NOTHING.object(from_offset).object(to_offset);
    name_to_handle_at = c"name_to_handle_at"(
        directory: c_int, path: *const c_char, handle: *mut c_void, mount: *mut c_int, flags: c_int,
    ) -> c_int:
        Written::NOTHING.object(handle).object(mount);
    quotactl = c"quotactl"(command: c_int, device: *const c_char, id: c_int, data: *mut c_char) -> c_int:
        Written::NOTHING.object(data);
}
