//! What is known about the system, and the event calls that no sleep belongs to.

use core::ffi::{c_int, c_void};

use libc::{nfds_t, pollfd, size_t};

use super::receiving;
use crate::unseen::written::Written;

receiving! {
    sysinfo = c"sysinfo"(record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    times = c"times"(record: *mut c_void) -> libc::clock_t: Written::NOTHING.object(record);
    __poll_chk = c"__poll_chk"(files: *mut pollfd, count: nfds_t, timeout: c_int, room: size_t) -> c_int:
        Written::NOTHING.object(files);
}
