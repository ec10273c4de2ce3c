//! Bytes into one buffer.

use core::ffi::{c_char, c_int, c_long, c_uint, c_void};

use libc::{off_t, size_t, ssize_t};

use super::receiving;
use crate::unseen::arguments::by_ptrace;
use crate::unseen::waits::files;
use crate::unseen::written::Written;

receiving! {
    read = c"read"(file: c_int, buffer: *mut c_void, len: size_t) -> ssize_t, sleeping(files::read(file, len)):
        Written::NOTHING.bytes(buffer, len);
    __read = c"__read"(file: c_int, buffer: *mut c_void, len: size_t) -> ssize_t, sleeping(files::read(file, len)):
        Written::NOTHING.bytes(buffer, len);
    __read_chk = c"__read_chk"(file: c_int, buffer: *mut c_void, len: size_t, room: size_t) -> ssize_t, sleeping(files::read(file, len)):
        Written::NOTHING.bytes(buffer, len);
    pread = c"pread"(file: c_int, buffer: *mut c_void, len: size_t, offset: off_t) -> ssize_t:
        Written::NOTHING.bytes(buffer, len);
    pread64 = c"pread64"(file: c_int, buffer: *mut c_void, len: size_t, offset: off_t) -> ssize_t:
        Written::NOTHING.bytes(buffer, len);
    __pread64 = c"__pread64"(file: c_int, buffer: *mut c_void, len: size_t, offset: off_t) -> ssize_t:
        Written::NOTHING.bytes(buffer, len);
    __pread_chk = c"__pread_chk"(file: c_int, buffer: *mut c_void, len: size_t, offset: off_t, room: size_t) -> ssize_t:
        Written::NOTHING.bytes(buffer, len);
    __pread64_chk = c"__pread64_chk"(file: c_int, buffer: *mut c_void, len: size_t, offset: off_t, room: size_t) -> ssize_t:
        Written::NOTHING.bytes(buffer, len);
    getrandom = c"getrandom"(buffer: *mut c_void, len: size_t, flags: c_uint) -> ssize_t:
        Written::NOTHING.bytes(buffer, len);
    getentropy = c"getentropy"(buffer: *mut c_void, len: size_t) -> c_int:
        Written::NOTHING.bytes(buffer, len);
    arc4random_buf = c"arc4random_buf"(buffer: *mut c_void, len: size_t) -> usize:
        Written::NOTHING.bytes(buffer, len);
    eventfd_read = c"eventfd_read"(file: c_int, value: *mut u64) -> c_int, sleeping(files::read(file, 1)):
        Written::NOTHING.object(value);
    getdents64 = c"getdents64"(directory: c_int, entries: *mut c_void, len: size_t) -> ssize_t:
        Written::NOTHING.bytes(entries, len);
    getdirentries = c"getdirentries"(directory: c_int, entries: *mut c_char, len: size_t, base: *mut off_t) -> ssize_t:
        Written::NOTHING.bytes(entries, len);
    getdirentries64 = c"getdirentries64"(directory: c_int, entries: *mut c_char, len: size_t, base: *mut off_t) -> ssize_t:
        Written::NOTHING.bytes(entries, len);
    getxattr = c"getxattr"(path: *const c_char, name: *const c_char, value: *mut c_void, len: size_t) -> ssize_t:
        Written::NOTHING.bytes(value, len);
    lgetxattr = c"lgetxattr"(path: *const c_char, name: *const c_char, value: *mut c_void, len: size_t) -> ssize_t:
        Written::NOTHING.bytes(value, len);
    fgetxattr = c"fgetxattr"(file: c_int, name: *const c_char, value: *mut c_void, len: size_t) -> ssize_t:
        Written::NOTHING.bytes(value, len);
    listxattr = c"listxattr"(path: *const c_char, list: *mut c_char, len: size_t) -> ssize_t:
        Written::NOTHING.bytes(list, len);
    llistxattr = c"llistxattr"(path: *const c_char, list: *mut c_char, len: size_t) -> ssize_t:
        Written::NOTHING.bytes(list, len);
    flistxattr = c"flistxattr"(file: c_int, list: *mut c_char, len: size_t) -> ssize_t:
        Written::NOTHING.bytes(list, len);
    klogctl = c"klogctl"(action: c_int, buffer: *mut c_char, len: c_int) -> c_int:
        Written::NOTHING.object(buffer);
    mincore = c"mincore"(start: *mut c_void, len: size_t, present: *mut u8) -> c_int:
        Written::NOTHING.object(present);
    ptrace = c"ptrace"(request: c_uint, process: c_int, address: *mut c_void, data: *mut c_void) -> c_long:
        by_ptrace(address.addr(), data.addr());
}
