//! System calls that take what the function takes.

use core::mem::transmute;

use arena::os::syscall;
use libc::c_long;

use super::linked::fetched;
use super::{StandIn, answer};

/// The C library's `PTHREAD_CANCEL_ASYNCHRONOUS`.
const ASYNCHRONOUS: i32 = 1;

/// Makes a call in which the thread may be cancelled, as in the C library's function; what the kernel returned.
pub(super) fn cancellable(number: c_long, arguments: [usize; 6]) -> isize {
    type SetType = extern "C" fn(i32, *mut i32) -> i32;
    let set_type = fetched!("pthread_setcanceltype")();
    let call = || {
        // SAFETY: the program's arguments, for the call that it asks for.
        unsafe { syscall(number, arguments) }
    };
    // SAFETY: the C library's function of this name.
    let set_type = unsafe { transmute::<*mut core::ffi::c_void, SetType>(set_type) };
    let mut before = 0;
    set_type(ASYNCHRONOUS, &raw mut before);
    let returned = call();
    set_type(before, core::ptr::null_mut());
    returned
}

/// Declares stand-ins that are the system calls of these numbers.
macro_rules! calls {
    (plain { $($name:literal = $number:ident;)* } points { $($point:literal = $point_number:ident;)* }) => {
        /// All of them.
        pub(super) const ALL: &[StandIn] = &[
            $({
                unsafe extern "C" fn call(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> isize {
                    // SAFETY: the program's arguments, for the call that it asks for.
                    answer(unsafe { syscall(libc::$number, [a, b, c, d, e, f]) })
                }
                StandIn::new($name, call as *const ())
            },)*
            $({
                unsafe extern "C" fn call(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> isize {
                    answer(cancellable(libc::$point_number, [a, b, c, d, e, f]))
                }
                StandIn::new($point, call as *const ())
            },)*
        ];
    };
}

calls! {
    plain {
        c"adjtimex" = SYS_adjtimex;
        c"ntp_adjtime" = SYS_adjtimex;
        c"capget" = SYS_capget;
        c"capset" = SYS_capset;
        c"clock_adjtime" = SYS_clock_adjtime;
        c"clock_getres" = SYS_clock_getres;
        c"vmsplice" = SYS_vmsplice;
        c"copy_file_range" = SYS_copy_file_range;
        c"fcntl" = SYS_fcntl;
        c"fcntl64" = SYS_fcntl;
        c"fgetxattr" = SYS_fgetxattr;
        c"flistxattr" = SYS_flistxattr;
        c"fstat" = SYS_fstat;
        c"fstat64" = SYS_fstat;
        c"fstatat" = SYS_newfstatat;
        c"fstatat64" = SYS_newfstatat;
        c"fstatfs" = SYS_fstatfs;
        c"fstatfs64" = SYS_fstatfs;
        c"getdents64" = SYS_getdents64;
        c"getgroups" = SYS_getgroups;
        c"__getgroups_chk" = SYS_getgroups;
        c"getitimer" = SYS_getitimer;
        c"getpeername" = SYS_getpeername;
        c"getresgid" = SYS_getresgid;
        c"getresuid" = SYS_getresuid;
        c"getrlimit" = SYS_getrlimit;
        c"getrlimit64" = SYS_getrlimit;
        c"getrusage" = SYS_getrusage;
        c"getsockname" = SYS_getsockname;
        c"getsockopt" = SYS_getsockopt;
        c"getxattr" = SYS_getxattr;
        c"io_setup" = SYS_io_setup;
        c"io_uring_setup" = SYS_io_uring_setup;
        c"ioctl" = SYS_ioctl;
        c"klogctl" = SYS_syslog;
        c"lgetxattr" = SYS_lgetxattr;
        c"listxattr" = SYS_listxattr;
        c"llistxattr" = SYS_llistxattr;
        c"lstat" = SYS_lstat;
        c"lstat64" = SYS_lstat;
        c"madvise" = SYS_madvise;
        c"mincore" = SYS_mincore;
        c"mlock" = SYS_mlock;
        c"mlock2" = SYS_mlock2;
        c"mlockall" = SYS_mlockall;
        c"mprotect" = SYS_mprotect;
        c"mq_setattr" = SYS_mq_getsetattr;
        c"msgctl" = SYS_msgctl;
        c"name_to_handle_at" = SYS_name_to_handle_at;
        c"pipe" = SYS_pipe;
        c"pipe2" = SYS_pipe2;
        c"pkey_mprotect" = SYS_pkey_mprotect;
        c"prctl" = SYS_prctl;
        c"prlimit" = SYS_prlimit64;
        c"prlimit64" = SYS_prlimit64;
        c"process_vm_readv" = SYS_process_vm_readv;
        c"process_vm_writev" = SYS_process_vm_writev;
        c"quotactl" = SYS_quotactl;
        c"readlink" = SYS_readlink;
        c"__readlink_chk" = SYS_readlink;
        c"readlinkat" = SYS_readlinkat;
        c"__readlinkat_chk" = SYS_readlinkat;
        c"sched_getparam" = SYS_sched_getparam;
        c"sched_rr_get_interval" = SYS_sched_rr_get_interval;
        c"semctl" = SYS_semctl;
        c"sendfile" = SYS_sendfile;
        c"sendfile64" = SYS_sendfile;
        c"setitimer" = SYS_setitimer;
        c"shmctl" = SYS_shmctl;
        c"sigaltstack" = SYS_sigaltstack;
        c"socketpair" = SYS_socketpair;
        c"stat" = SYS_stat;
        c"stat64" = SYS_stat;
        c"statfs" = SYS_statfs;
        c"statfs64" = SYS_statfs;
        c"statx" = SYS_statx;
        c"sysinfo" = SYS_sysinfo;
        c"timerfd_gettime" = SYS_timerfd_gettime;
        c"timerfd_settime" = SYS_timerfd_settime;
        c"times" = SYS_times;
        c"uname" = SYS_uname;
        c"unshare" = SYS_unshare;
        c"setns" = SYS_setns;
    }
    points {
        c"accept" = SYS_accept;
        c"accept4" = SYS_accept4;
        c"epoll_wait" = SYS_epoll_wait;
        c"getrandom" = SYS_getrandom;
        c"mq_timedreceive" = SYS_mq_timedreceive;
        c"msgrcv" = SYS_msgrcv;
        c"nanosleep" = SYS_nanosleep;
        c"poll" = SYS_poll;
        c"__poll_chk" = SYS_poll;
        c"pread" = SYS_pread64;
        c"pread64" = SYS_pread64;
        c"__pread64" = SYS_pread64;
        c"__pread_chk" = SYS_pread64;
        c"__pread64_chk" = SYS_pread64;
        c"preadv" = SYS_preadv;
        c"preadv64" = SYS_preadv;
        c"read" = SYS_read;
        c"__read" = SYS_read;
        c"__read_chk" = SYS_read;
        c"readv" = SYS_readv;
        c"recvfrom" = SYS_recvfrom;
        c"recvmmsg" = SYS_recvmmsg;
        c"recvmsg" = SYS_recvmsg;
        c"sendmmsg" = SYS_sendmmsg;
        c"splice" = SYS_splice;
        c"wait4" = SYS_wait4;
    }
}
