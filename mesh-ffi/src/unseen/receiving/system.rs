//! What is known about the system.

use core::ffi::{c_int, c_uint, c_ulong, c_void};

use super::receiving;
use crate::unseen::written::Written;

receiving! {
    getcpu = c"getcpu"(processor: *mut c_uint, node: *mut c_uint) -> c_int: Written::NOTHING.object(processor).object(node);
    ustat = c"ustat"(device: c_ulong, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    sysinfo = c"sysinfo"(record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    times = c"times"(record: *mut c_void) -> libc::clock_t: Written::NOTHING.object(record);
}
