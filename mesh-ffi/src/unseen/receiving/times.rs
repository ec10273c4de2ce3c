//! Timers and clocks.
//!
//! Clocks that are read millions of times a second are in `clocks`.

use core::ffi::{c_int, c_void};

use super::receiving;
use crate::unseen::written::Written;

receiving! {
    timespec_get = c"timespec_get"(time: *mut c_void, base: c_int) -> c_int: Written::NOTHING.object(time);
    timespec_getres = c"timespec_getres"(time: *mut c_void, base: c_int) -> c_int: Written::NOTHING.object(time);
    getitimer = c"getitimer"(which: c_int, value: *mut c_void) -> c_int: Written::NOTHING.object(value);
    setitimer = c"setitimer"(which: c_int, new: *const c_void, old: *mut c_void) -> c_int: Written::NOTHING.object(old);
    timer_gettime = c"timer_gettime"(timer: usize, value: *mut c_void) -> c_int: Written::NOTHING.object(value);
    timer_settime = c"timer_settime"(timer: usize, flags: c_int, new: *const c_void, old: *mut c_void) -> c_int:
        Written::NOTHING.object(old);
    timerfd_gettime = c"timerfd_gettime"(file: c_int, value: *mut c_void) -> c_int: Written::NOTHING.object(value);
    timerfd_settime = c"timerfd_settime"(file: c_int, flags: c_int, new: *const c_void, old: *mut c_void) -> c_int:
        Written::NOTHING.object(old);
    adjtimex = c"adjtimex"(record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    ntp_adjtime = c"ntp_adjtime"(record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    clock_adjtime = c"clock_adjtime"(clock: c_int, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    clock_getres = c"clock_getres"(clock: c_int, value: *mut c_void) -> c_int: Written::NOTHING.object(value);
}
