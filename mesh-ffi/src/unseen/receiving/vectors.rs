//! Bytes into several buffers.

use core::ffi::{c_int, c_uint, c_ulong};

use libc::{iovec, off_t, ssize_t};

use super::receiving;
use crate::unseen::waits::files;
use crate::unseen::written::Written;

receiving! {
    vmsplice = c"vmsplice"(file: c_int, parts: *const iovec, count: usize, flags: c_uint) -> ssize_t, sleeping:
        // From a pipe, or into one: then they are only read.
        Written::NOTHING.vector(parts, c_int::try_from(count).unwrap_or(c_int::MAX));
    readv = c"readv"(file: c_int, parts: *const iovec, count: c_int) -> ssize_t, sleeping(files::read(file, count as usize)):
        Written::NOTHING.vector(parts, count);
    preadv = c"preadv"(file: c_int, parts: *const iovec, count: c_int, offset: off_t) -> ssize_t:
        Written::NOTHING.vector(parts, count);
    preadv64 = c"preadv64"(file: c_int, parts: *const iovec, count: c_int, offset: off_t) -> ssize_t:
        Written::NOTHING.vector(parts, count);
    preadv2 = c"preadv2"(file: c_int, parts: *const iovec, count: c_int, offset: off_t, flags: c_int) -> ssize_t:
        Written::NOTHING.vector(parts, count);
    preadv64v2 = c"preadv64v2"(file: c_int, parts: *const iovec, count: c_int, offset: off_t, flags: c_int) -> ssize_t:
        Written::NOTHING.vector(parts, count);
    process_vm_readv = c"process_vm_readv"(
        process: c_int, parts: *const iovec, count: c_ulong, there: *const iovec, there_count: c_ulong, flags: c_ulong,
    ) -> ssize_t:
        Written::NOTHING.vector(parts, c_int::try_from(count).unwrap_or(c_int::MAX));
    process_vm_writev = c"process_vm_writev"(
        process: c_int, parts: *const iovec, count: c_ulong, there: *const iovec, there_count: c_ulong, flags: c_ulong,
    ) -> ssize_t:
        // A program may write to itself: then these are addresses here.
        Written::NOTHING.vector(there, c_int::try_from(there_count).unwrap_or(c_int::MAX));
}
