//! Signals that are waited for, and what is known about them.

use core::ffi::{c_int, c_void};

use super::receiving;
use crate::written::Written;

receiving! {
    sigpending = c"sigpending"(set: *mut c_void) -> c_int: Written::NOTHING.object(set);
    sigwait = c"sigwait"(set: *const c_void, signal: *mut c_int) -> c_int: Written::NOTHING.object(signal);
    sigwaitinfo = c"sigwaitinfo"(set: *const c_void, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    sigtimedwait = c"sigtimedwait"(set: *const c_void, record: *mut c_void, time: *const c_void) -> c_int:
        Written::NOTHING.object(record);
    sigaltstack = c"sigaltstack"(new: *const c_void, old: *mut c_void) -> c_int: Written::NOTHING.object(old);
}
