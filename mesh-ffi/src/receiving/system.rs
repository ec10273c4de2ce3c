//! What is known about the system, and the event calls that no sleep belongs to.

use core::ffi::{c_int, c_void};

use libc::{epoll_event, nfds_t, pollfd, sigset_t, size_t, timespec};

use super::receiving;
use crate::written::Written;

receiving! {
    sysinfo = c"sysinfo"(record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    times = c"times"(record: *mut c_void) -> libc::clock_t: Written::NOTHING.object(record);
    epoll_pwait2 = c"epoll_pwait2"(
        set: c_int, events: *mut epoll_event, most: c_int, time: *const timespec, mask: *const sigset_t,
    ) -> c_int:
        Written::NOTHING.object(events);
    __poll_chk = c"__poll_chk"(files: *mut pollfd, count: nfds_t, timeout: c_int, room: size_t) -> c_int:
        Written::NOTHING.object(files);
    __ppoll_chk = c"__ppoll_chk"(
        files: *mut pollfd, count: nfds_t, time: *const timespec, mask: *const sigset_t, room: size_t,
    ) -> c_int:
        Written::NOTHING.object(files);
}
