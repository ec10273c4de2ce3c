//! Processes and threads.
//!
//! The number of a process that is spawned is stored by the C library itself, but with all signals blocked: a store at the barrier
//! would kill. That of a thread, and of a timer, is stored while none is.

use core::ffi::{c_char, c_int, c_uint, c_void};
use core::ptr::null_mut;

use libc::size_t;

use super::receiving;
use crate::unseen::waits::children;
use crate::unseen::written::Written;

receiving! {
    posix_spawn = c"posix_spawn"(
        process: *mut c_int, path: *const c_char, actions: *const c_void, attributes: *const c_void,
        arguments: *const c_void, environment: *const c_void,
    ) -> c_int:
        Written::NOTHING.object(process);
    posix_spawnp = c"posix_spawnp"(
        process: *mut c_int, file: *const c_char, actions: *const c_void, attributes: *const c_void,
        arguments: *const c_void, environment: *const c_void,
    ) -> c_int:
        Written::NOTHING.object(process);
    pidfd_spawn = c"pidfd_spawn"(
        process: *mut c_int, path: *const c_char, actions: *const c_void, attributes: *const c_void,
        arguments: *const c_void, environment: *const c_void,
    ) -> c_int:
        Written::NOTHING.object(process);
    pidfd_spawnp = c"pidfd_spawnp"(
        process: *mut c_int, file: *const c_char, actions: *const c_void, attributes: *const c_void,
        arguments: *const c_void, environment: *const c_void,
    ) -> c_int:
        Written::NOTHING.object(process);
    wait = c"wait"(status: *mut c_int) -> c_int, sleeping(children::any_ended(status)): Written::NOTHING.object(status);
    waitpid = c"waitpid"(process: c_int, status: *mut c_int, options: c_int) -> c_int, sleeping(children::ended(process, status, options, null_mut())): Written::NOTHING.object(status);
    wait3 = c"wait3"(status: *mut c_int, options: c_int, usage: *mut c_void) -> c_int, sleeping(children::ended(-1, status, options, usage)):
        Written::NOTHING.object(status).object(usage);
    wait4 = c"wait4"(process: c_int, status: *mut c_int, options: c_int, usage: *mut c_void) -> c_int, sleeping(children::ended(process, status, options, usage)):
        Written::NOTHING.object(status).object(usage);
    waitid = c"waitid"(kind: c_int, id: c_uint, record: *mut c_void, options: c_int) -> c_int, sleeping(children::changed(kind, id, record, options)): Written::NOTHING.object(record);
    getrusage = c"getrusage"(who: c_int, usage: *mut c_void) -> c_int: Written::NOTHING.object(usage);
    getrlimit = c"getrlimit"(resource: c_int, limit: *mut c_void) -> c_int: Written::NOTHING.object(limit);
    getrlimit64 = c"getrlimit64"(resource: c_int, limit: *mut c_void) -> c_int: Written::NOTHING.object(limit);
    prlimit = c"prlimit"(process: c_int, resource: c_int, new: *const c_void, old: *mut c_void) -> c_int:
        Written::NOTHING.object(old);
    prlimit64 = c"prlimit64"(process: c_int, resource: c_int, new: *const c_void, old: *mut c_void) -> c_int:
        Written::NOTHING.object(old);
    getgroups = c"getgroups"(count: c_int, groups: *mut c_uint) -> c_int: Written::NOTHING.object(groups);
    __getgroups_chk = c"__getgroups_chk"(count: c_int, groups: *mut c_uint, room: size_t) -> c_int:
        Written::NOTHING.object(groups);
    getresuid = c"getresuid"(real: *mut c_uint, effective: *mut c_uint, saved: *mut c_uint) -> c_int:
        Written::NOTHING.object(real).object(effective).object(saved);
    getresgid = c"getresgid"(real: *mut c_uint, effective: *mut c_uint, saved: *mut c_uint) -> c_int:
        Written::NOTHING.object(real).object(effective).object(saved);
    capget = c"capget"(header: *mut c_void, data: *mut c_void) -> c_int: Written::NOTHING.object(header).object(data);
    sched_getaffinity = c"sched_getaffinity"(process: c_int, len: size_t, set: *mut c_void) -> c_int:
        Written::NOTHING.bytes(set, len);
    pthread_getaffinity_np = c"pthread_getaffinity_np"(thread: usize, len: size_t, set: *mut c_void) -> c_int:
        Written::NOTHING.bytes(set, len);
    sched_getparam = c"sched_getparam"(process: c_int, parameters: *mut c_void) -> c_int:
        Written::NOTHING.object(parameters);
    sched_rr_get_interval = c"sched_rr_get_interval"(process: c_int, time: *mut c_void) -> c_int:
        Written::NOTHING.object(time);
    pthread_getname_np = c"pthread_getname_np"(thread: usize, name: *mut c_char, len: size_t) -> c_int:
        Written::NOTHING.bytes(name, len);
}
