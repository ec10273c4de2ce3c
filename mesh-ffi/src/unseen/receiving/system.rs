//! What is known about the system, and the event calls that no sleep belongs to.

use core::ffi::{c_int, c_uint, c_ulong, c_void};

use libc::{nfds_t, pollfd, size_t};

use super::receiving;
use crate::unseen::written::Written;

receiving! {
    getcpu = c"getcpu"(processor: *mut c_uint, node: *mut c_uint) -> c_int: Written::NOTHING.object(processor).object(node);
    ustat = c"ustat"(device: c_ulong, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    sysinfo = c"sysinfo"(record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    times = c"times"(record: *mut c_void) -> libc::clock_t: Written::NOTHING.object(record);
    __poll_chk = c"__poll_chk"(files: *mut pollfd, count: nfds_t, timeout: c_int, room: size_t) -> c_int:
        Written::NOTHING.object(files);
}
