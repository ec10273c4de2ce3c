//! Who the process is. The kernel changes that for one thread; the C library has all threads do it, which only its own functions by
//! these names can. So it is refused to a static program that has more than one thread.

use core::ffi::{c_int, c_long};
use core::mem::MaybeUninit;

use arena::os::syscall;

use crate::ground::errno;
use crate::ground::line::Line;

use super::{StandIn, answer};

/// What leaves one of several numbers as it is.
const KEEP: usize = u32::MAX as usize;

/// Links of a directory that has none in it.
const EMPTY: u64 = 2;

/// Whether the process has one thread.
fn has_one_thread() -> bool {
    let mut record = MaybeUninit::<libc::stat>::zeroed();
    let arguments = [
        c"/proc/self/task".as_ptr().expose_provenance(),
        record.as_mut_ptr().expose_provenance(),
        0,
        0,
        0,
        0,
    ];
    // SAFETY: a string, and room for a record.
    let found = unsafe { syscall(libc::SYS_stat, arguments) } == 0;
    // SAFETY: zeros are valid for every field.
    found && unsafe { record.assume_init() }.st_nlink == EMPTY + 1
}

fn changed(number: c_long, a: usize, b: usize, c: usize) -> isize {
    if !has_one_thread() {
        Line::new()
            .text("a static program with several threads cannot change who it is")
            .print();
        errno::set(libc::ENOSYS);
        return -1;
    }
    // SAFETY: the kernel reads a list at most, which is the program's.
    answer(unsafe { syscall(number, [a, b, c, 0, 0, 0]) })
}

extern "C" fn setuid(user: usize) -> isize {
    changed(libc::SYS_setuid, user, 0, 0)
}

extern "C" fn seteuid(user: c_int) -> isize {
    changed(libc::SYS_setresuid, KEEP, user as u32 as usize, KEEP)
}

extern "C" fn setreuid(real: usize, effective: usize) -> isize {
    changed(libc::SYS_setreuid, real, effective, 0)
}

extern "C" fn setresuid(real: usize, effective: usize, saved: usize) -> isize {
    changed(libc::SYS_setresuid, real, effective, saved)
}

extern "C" fn setgid(group: usize) -> isize {
    changed(libc::SYS_setgid, group, 0, 0)
}

extern "C" fn setegid(group: c_int) -> isize {
    changed(libc::SYS_setresgid, KEEP, group as u32 as usize, KEEP)
}

extern "C" fn setregid(real: usize, effective: usize) -> isize {
    changed(libc::SYS_setregid, real, effective, 0)
}

extern "C" fn setresgid(real: usize, effective: usize, saved: usize) -> isize {
    changed(libc::SYS_setresgid, real, effective, saved)
}

extern "C" fn setgroups(count: usize, groups: usize) -> isize {
    changed(libc::SYS_setgroups, count, groups, 0)
}

/// All of them.
pub(super) const ALL: &[StandIn] = &[
    StandIn::new(c"setuid", setuid as *const ()),
    StandIn::new(c"seteuid", seteuid as *const ()),
    StandIn::new(c"setreuid", setreuid as *const ()),
    StandIn::new(c"setresuid", setresuid as *const ()),
    StandIn::new(c"setgid", setgid as *const ()),
    StandIn::new(c"setegid", setegid as *const ()),
    StandIn::new(c"setregid", setregid as *const ()),
    StandIn::new(c"setresgid", setresgid as *const ()),
    StandIn::new(c"setgroups", setgroups as *const ()),
];
