//! Which way `syscall` takes for a number.

use libc::c_long;

use crate::ground::machine::only_here;

/// Numbers that are known here. Others are special.
pub(super) const NUMBERS: usize = 512;

/// A call that writes to no object, and concerns nobody.
pub(super) const PLAIN: u8 = 0;
/// A call whose arguments are looked at.
pub(super) const SPECIAL: u8 = 1;
/// A call that clones.
pub(super) const CLONES: u8 = 2;

/// Calls that write to no object, among them those that must not have a frame of ours around them, or are made very often.
const WRITE_NOTHING: &[c_long] = &[
    libc::SYS_write,
    libc::SYS_close,
    libc::SYS_lseek,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_brk,
    libc::SYS_rt_sigreturn,
    libc::SYS_pwrite64,
    libc::SYS_writev,
    libc::SYS_sched_yield,
    libc::SYS_mremap,
    libc::SYS_dup,
    libc::SYS_getpid,
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_shutdown,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_setsockopt,
    libc::SYS_execve,
    libc::SYS_exit,
    libc::SYS_kill,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_ftruncate,
    libc::SYS_getuid,
    libc::SYS_getgid,
    libc::SYS_geteuid,
    libc::SYS_getegid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_tkill,
    libc::SYS_sched_setaffinity,
    libc::SYS_restart_syscall,
    libc::SYS_exit_group,
    libc::SYS_epoll_ctl,
    libc::SYS_tgkill,
    libc::SYS_openat,
    libc::SYS_unlinkat,
    libc::SYS_fallocate,
    libc::SYS_dup3,
    libc::SYS_pwritev,
    libc::SYS_pwritev2,
    libc::SYS_memfd_create,
    libc::SYS_execveat,
    libc::SYS_membarrier,
    libc::SYS_pidfd_send_signal,
    libc::SYS_pidfd_open,
    libc::SYS_close_range,
];

const CLONE: &[c_long] = &[libc::SYS_clone, libc::SYS_clone3];

/// The way for each number.
pub(super) static ROUTES: [u8; NUMBERS] = {
    let plain = marked([SPECIAL; NUMBERS], WRITE_NOTHING, PLAIN);
    let plain = marked(plain, only_here::PLAIN, PLAIN);
    marked(marked(plain, CLONE, CLONES), only_here::FORKS, CLONES)
};

const fn marked(mut routes: [u8; NUMBERS], numbers: &[c_long], route: u8) -> [u8; NUMBERS] {
    let mut index = 0;
    while index < numbers.len() {
        routes[numbers[index] as usize] = route;
        index += 1;
    }
    routes
}
