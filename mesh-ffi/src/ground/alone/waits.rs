//! Waits: the kernel wants the size of a mask, and writes to times that C has as constant.

use core::ffi::c_int;
use core::ptr::null;

use libc::{sigset_t, timespec, timeval};

use super::calls::cancellable;
use super::{StandIn, answer};

/// The kernel's size of a mask: one word.
const MASK: usize = size_of::<u64>();

/// A copy of a time, for the kernel to write to, and its address; zero for null.
struct Copy(timespec);

impl Copy {
    /// # Safety
    /// `time` is null or valid for a read.
    unsafe fn of(time: *const timespec) -> Option<Self> {
        // SAFETY: valid for a read (contract).
        (!time.is_null()).then(|| Self(unsafe { time.read() }))
    }

    fn address(copy: &mut Option<Self>) -> usize {
        copy.as_mut()
            .map_or(0, |copy| (&raw mut copy.0).expose_provenance())
    }
}

unsafe extern "C" fn ppoll(
    files: usize,
    count: usize,
    time: *const timespec,
    mask: usize,
) -> isize {
    // SAFETY: valid or null (contract).
    let mut time = unsafe { Copy::of(time) };
    let arguments = [files, count, Copy::address(&mut time), mask, MASK, 0];
    answer(cancellable(libc::SYS_ppoll, arguments))
}

unsafe extern "C" fn ppoll_chk(
    files: usize,
    count: usize,
    time: *const timespec,
    mask: usize,
    _: usize,
) -> isize {
    // SAFETY: the same contract.
    unsafe { ppoll(files, count, time, mask) }
}

unsafe extern "C" fn poll(files: usize, count: usize, milliseconds: c_int) -> isize {
    let milliseconds = i64::from(milliseconds);
    // Less than none: for ever.
    let mut time = (milliseconds >= 0).then_some(Copy(timespec {
        tv_sec: milliseconds / 1000,
        tv_nsec: milliseconds % 1000 * 1_000_000,
    }));
    let arguments = [files, count, Copy::address(&mut time), 0, MASK, 0];
    answer(cancellable(libc::SYS_ppoll, arguments))
}

unsafe extern "C" fn select(
    count: usize,
    read: usize,
    write: usize,
    except: usize,
    time: *mut timeval,
) -> isize {
    // SAFETY: valid or null (contract).
    let wanted = unsafe { time.as_ref() };
    if wanted.is_some_and(|time| time.tv_sec < 0 || time.tv_usec < 0) {
        return answer(-(libc::EINVAL as isize));
    }
    let mut left = wanted.map(|time| {
        Copy(timespec {
            tv_sec: time.tv_sec.saturating_add(time.tv_usec / 1_000_000),
            tv_nsec: time.tv_usec % 1_000_000 * 1000,
        })
    });
    let arguments = [count, read, write, except, Copy::address(&mut left), 0];
    let made = cancellable(libc::SYS_pselect6, arguments);
    if let Some(Copy(left)) = left {
        let left = timeval {
            tv_sec: left.tv_sec,
            tv_usec: left.tv_nsec / 1000,
        };
        // SAFETY: valid for a write, and not null (contract).
        unsafe { time.write(left) };
    }
    answer(made)
}

unsafe extern "C" fn pselect(
    count: usize,
    read: usize,
    write: usize,
    except: usize,
    time: *const timespec,
    mask: *const sigset_t,
) -> isize {
    // SAFETY: valid or null (contract).
    let mut time = unsafe { Copy::of(time) };
    let mask = [mask.expose_provenance(), MASK];
    let mask = mask.as_ptr().expose_provenance();
    let arguments = [count, read, write, except, Copy::address(&mut time), mask];
    answer(cancellable(libc::SYS_pselect6, arguments))
}

unsafe extern "C" fn epoll_wait(set: usize, events: usize, most: usize, time: usize) -> isize {
    let arguments = [set, events, most, time, 0, MASK];
    answer(cancellable(libc::SYS_epoll_pwait, arguments))
}

unsafe extern "C" fn epoll_pwait(
    set: usize,
    events: usize,
    most: usize,
    time: usize,
    mask: usize,
) -> isize {
    let arguments = [set, events, most, time, mask, MASK];
    answer(cancellable(libc::SYS_epoll_pwait, arguments))
}

unsafe extern "C" fn epoll_pwait2(
    set: usize,
    events: usize,
    most: usize,
    time: usize,
    mask: usize,
) -> isize {
    let arguments = [set, events, most, time, mask, MASK];
    answer(cancellable(libc::SYS_epoll_pwait2, arguments))
}

unsafe extern "C" fn clock_nanosleep(
    clock: c_int,
    flags: usize,
    time: usize,
    left: usize,
) -> c_int {
    if clock == libc::CLOCK_THREAD_CPUTIME_ID {
        return libc::EINVAL;
    }
    let arguments = [clock as usize, flags, time, left, 0, 0];
    -cancellable(libc::SYS_clock_nanosleep, arguments) as c_int
}

unsafe extern "C" fn sigsuspend(mask: usize) -> isize {
    answer(cancellable(
        libc::SYS_rt_sigsuspend,
        [mask, MASK, 0, 0, 0, 0],
    ))
}

unsafe extern "C" fn sigtimedwait(set: usize, info: usize, time: usize) -> isize {
    let arguments = [set, info, time, MASK, 0, 0];
    answer(cancellable(libc::SYS_rt_sigtimedwait, arguments))
}

unsafe extern "C" fn sigwait(set: *const sigset_t, signal: *mut c_int) -> c_int {
    loop {
        let arguments = [
            set.expose_provenance(),
            0,
            null::<timespec>().expose_provenance(),
            MASK,
            0,
            0,
        ];
        match cancellable(libc::SYS_rt_sigtimedwait, arguments) {
            found @ 1.. => {
                // SAFETY: valid for a write (contract).
                unsafe { signal.write(found as c_int) };
                return 0;
            }
            error if error == -(libc::EINTR as isize) => {}
            error => return -error as c_int,
        }
    }
}

/// All of them.
pub(super) const ALL: &[StandIn] = &[
    StandIn::new(c"ppoll", ppoll as *const ()),
    StandIn::new(c"__ppoll_chk", ppoll_chk as *const ()),
    StandIn::new(c"poll", poll as *const ()),
    StandIn::new(c"select", select as *const ()),
    StandIn::new(c"pselect", pselect as *const ()),
    StandIn::new(c"epoll_wait", epoll_wait as *const ()),
    StandIn::new(c"epoll_pwait", epoll_pwait as *const ()),
    StandIn::new(c"epoll_pwait2", epoll_pwait2 as *const ()),
    StandIn::new(c"clock_nanosleep", clock_nanosleep as *const ()),
    StandIn::new(c"sigsuspend", sigsuspend as *const ()),
    StandIn::new(c"sigtimedwait", sigtimedwait as *const ()),
    StandIn::new(c"sigwait", sigwait as *const ()),
];
