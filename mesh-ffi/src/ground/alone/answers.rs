//! Clocks, and answers of servers: the C library has these by other names too.

use core::ffi::{c_int, c_long};

use arena::os::syscall;

use super::StandIn;
use super::linked::fetched;

/// `TIME_UTC`, the one base that there is for certain.
const UTC: c_int = 1;

/// Makes a call about the clock of `base`; returns the base, or zero when it fails.
fn of_base(number: c_long, base: c_int, into: usize) -> c_int {
    let arguments = [libc::CLOCK_REALTIME as usize, into, 0, 0, 0, 0];
    // SAFETY: the program's argument, for what it asks for.
    let is_told = base == UTC && unsafe { syscall(number, arguments) } == 0;
    if is_told { base } else { 0 }
}

unsafe extern "C" fn timespec_get(into: usize, base: c_int) -> c_int {
    of_base(libc::SYS_clock_gettime, base, into)
}

unsafe extern "C" fn timespec_getres(into: usize, base: c_int) -> c_int {
    of_base(libc::SYS_clock_getres, base, into)
}

/// All of them.
pub(super) const ALL: &[StandIn] = &[
    StandIn::new(c"timespec_get", timespec_get as *const ()),
    StandIn::new(c"timespec_getres", timespec_getres as *const ()),
    StandIn::linked(c"clock_gettime", fetched!("__clock_gettime")),
    StandIn::linked(c"gettimeofday", fetched!("__gettimeofday")),
    StandIn::linked(c"getcpu", fetched!("__getcpu")),
    StandIn::linked(c"res_query", fetched!("___res_query")),
    StandIn::linked(c"__res_query", fetched!("___res_query")),
    StandIn::linked(c"res_nquery", fetched!("___res_nquery")),
    StandIn::linked(c"__res_nquery", fetched!("___res_nquery")),
    StandIn::linked(c"res_search", fetched!("___res_search")),
    StandIn::linked(c"__res_search", fetched!("___res_search")),
    StandIn::linked(c"res_nsearch", fetched!("___res_nsearch")),
    StandIn::linked(c"__res_nsearch", fetched!("___res_nsearch")),
    StandIn::linked(c"res_querydomain", fetched!("___res_querydomain")),
    StandIn::linked(c"__res_querydomain", fetched!("___res_querydomain")),
    StandIn::linked(c"res_nquerydomain", fetched!("___res_nquerydomain")),
    StandIn::linked(c"__res_nquerydomain", fetched!("___res_nquerydomain")),
    StandIn::linked(c"res_send", fetched!("___res_send")),
    StandIn::linked(c"__res_send", fetched!("___res_send")),
    StandIn::linked(c"res_nsend", fetched!("___res_nsend")),
    StandIn::linked(c"__res_nsend", fetched!("___res_nsend")),
    StandIn::linked(c"getpwnam_r", fetched!("__getpwnam_r")),
    StandIn::linked(c"getpwuid_r", fetched!("__getpwuid_r")),
    StandIn::linked(c"getgrnam_r", fetched!("__getgrnam_r")),
    StandIn::linked(c"getgrgid_r", fetched!("__getgrgid_r")),
    StandIn::linked(c"getservbyname_r", fetched!("__getservbyname_r")),
    StandIn::linked(c"getservbyport_r", fetched!("__getservbyport_r")),
    StandIn::linked(c"gethostbyname_r", fetched!("__gethostbyname_r")),
    StandIn::linked(c"gethostbyname2_r", fetched!("__gethostbyname2_r")),
    StandIn::linked(c"gethostbyaddr_r", fetched!("__gethostbyaddr_r")),
];
