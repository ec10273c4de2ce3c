//! Calls that mind a thread of ours: those that the C library carries out in each thread that it knows, and those that the kernel
//! refuses to a process with more than one thread.

use core::ffi::c_char;

use libc::{c_int, c_void, gid_t, size_t, uid_t};

use crate::ground::next::next;
use crate::unseen::own_thread::absent;

/// Declares functions of the C library that are called while there is no thread of ours.
macro_rules! alone {
    ($($function:ident = $name:literal ($($argument:ident : $type:ty),* $(,)?);)*) => {$(
        $crate::ground::only_shared::only_shared!($function);
        /// The function of the C library of this name.
        ///
        /// # Safety
        /// As for that function.
        pub(crate) unsafe extern "C" fn $function($($argument: $type),*) -> c_int {
            next!(fn next = $name($($argument: $type),*) -> c_int);
            // SAFETY: the same contract.
            absent(|| unsafe { next($($argument),*) })
        }
    )*};
}

alone! {
    setuid = c"setuid"(user: uid_t);
    seteuid = c"seteuid"(user: uid_t);
    setreuid = c"setreuid"(real: uid_t, effective: uid_t);
    setresuid = c"setresuid"(real: uid_t, effective: uid_t, saved: uid_t);
    setgid = c"setgid"(group: gid_t);
    setegid = c"setegid"(group: gid_t);
    setregid = c"setregid"(real: gid_t, effective: gid_t);
    setresgid = c"setresgid"(real: gid_t, effective: gid_t, saved: gid_t);
    setgroups = c"setgroups"(count: size_t, groups: *const gid_t);
    initgroups = c"initgroups"(user: *const c_char, group: gid_t);
    capset = c"capset"(header: *mut c_void, data: *const c_void);
    unshare = c"unshare"(flags: c_int);
    setns = c"setns"(namespace: c_int, kind: c_int);
}
