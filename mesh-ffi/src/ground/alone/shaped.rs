//! Functions that pass other arguments to the kernel than they take, or return something else.

use core::ffi::{c_char, c_int, c_long, c_uint, c_void};

use arena::os::syscall;
use libc::{off_t, size_t, ssize_t};

use crate::ground::errno;

use super::calls::cancellable;
use super::{StandIn, answer};

/// Makes a call.
///
/// # Safety
/// As for the call.
unsafe fn made(number: c_long, arguments: [usize; 6]) -> isize {
    // SAFETY: the same contract.
    answer(unsafe { syscall(number, arguments) })
}

// The old names of `stat` begin with a version, of which there is one.

unsafe extern "C" fn xstat(_: c_int, path: usize, record: usize) -> isize {
    // SAFETY: the program's arguments, as in all that follows.
    unsafe { made(libc::SYS_stat, [path, record, 0, 0, 0, 0]) }
}

unsafe extern "C" fn lxstat(_: c_int, path: usize, record: usize) -> isize {
    // SAFETY: as above.
    unsafe { made(libc::SYS_lstat, [path, record, 0, 0, 0, 0]) }
}

unsafe extern "C" fn fxstat(_: c_int, file: usize, record: usize) -> isize {
    // SAFETY: as above.
    unsafe { made(libc::SYS_fstat, [file, record, 0, 0, 0, 0]) }
}

unsafe extern "C" fn fxstatat(
    _: c_int,
    directory: usize,
    path: usize,
    record: usize,
    flags: usize,
) -> isize {
    // SAFETY: as above.
    unsafe { made(libc::SYS_newfstatat, [directory, path, record, flags, 0, 0]) }
}

unsafe extern "C" fn recv(socket: usize, buffer: usize, len: usize, flags: usize) -> isize {
    let arguments = [socket, buffer, len, flags, 0, 0];
    answer(cancellable(libc::SYS_recvfrom, arguments))
}

unsafe extern "C" fn recv_chk(
    socket: usize,
    buffer: usize,
    len: usize,
    _: usize,
    flags: usize,
) -> isize {
    let arguments = [socket, buffer, len, flags, 0, 0];
    answer(cancellable(libc::SYS_recvfrom, arguments))
}

unsafe extern "C" fn recvfrom_chk(
    socket: usize,
    buffer: usize,
    len: usize,
    _: usize,
    flags: usize,
    address: usize,
    room: usize,
) -> isize {
    let arguments = [socket, buffer, len, flags, address, room];
    answer(cancellable(libc::SYS_recvfrom, arguments))
}

unsafe extern "C" fn preadv2(
    file: usize,
    parts: usize,
    count: usize,
    offset: usize,
    flags: usize,
) -> isize {
    // The offset's upper half comes by itself.
    let arguments = [file, parts, count, offset, 0, flags];
    answer(cancellable(libc::SYS_preadv2, arguments))
}

unsafe extern "C" fn wait(status: usize) -> isize {
    let arguments = [usize::MAX, status, 0, 0, 0, 0];
    answer(cancellable(libc::SYS_wait4, arguments))
}

unsafe extern "C" fn waitpid(process: usize, status: usize, options: usize) -> isize {
    let arguments = [process, status, options, 0, 0, 0];
    answer(cancellable(libc::SYS_wait4, arguments))
}

unsafe extern "C" fn wait3(status: usize, options: usize, usage: usize) -> isize {
    let arguments = [usize::MAX, status, options, usage, 0, 0];
    answer(cancellable(libc::SYS_wait4, arguments))
}

unsafe extern "C" fn waitid(kind: usize, id: usize, record: usize, options: usize) -> isize {
    let arguments = [kind, id, record, options, 0, 0];
    answer(cancellable(libc::SYS_waitid, arguments))
}

/// By the C library's own name as well: its other functions for the clock call that, and its file has the public one.
pub(super) unsafe extern "C" fn clock_adjtime(clock: usize, record: usize) -> isize {
    // SAFETY: as above.
    unsafe { made(libc::SYS_clock_adjtime, [clock, record, 0, 0, 0, 0]) }
}

unsafe extern "C" fn mq_getattr(queue: usize, record: usize) -> isize {
    // SAFETY: as above.
    unsafe { made(libc::SYS_mq_getsetattr, [queue, 0, record, 0, 0, 0]) }
}

unsafe extern "C" fn mq_receive(
    queue: usize,
    message: usize,
    len: usize,
    priority: usize,
) -> isize {
    let arguments = [queue, message, len, priority, 0, 0];
    answer(cancellable(libc::SYS_mq_timedreceive, arguments))
}

unsafe extern "C" fn eventfd_read(file: usize, value: usize) -> isize {
    let arguments = [file, value, size_of::<u64>(), 0, 0, 0];
    let read = answer(cancellable(libc::SYS_read, arguments));
    if read == size_of::<u64>() as isize {
        0
    } else {
        -1
    }
}

unsafe extern "C" fn getdirentries(
    directory: usize,
    entries: usize,
    len: size_t,
    base: *mut off_t,
) -> ssize_t {
    let here = [directory, 0, libc::SEEK_CUR as usize, 0, 0, 0];
    // SAFETY: as above.
    let from = unsafe { syscall(libc::SYS_lseek, here) };
    // SAFETY: as above.
    let read = unsafe { made(libc::SYS_getdents64, [directory, entries, len, 0, 0, 0]) };
    if read >= 0 && from >= 0 {
        // SAFETY: valid for a write (contract).
        unsafe { base.write(from as off_t) };
    }
    read
}

/// Bytes of randomness that are had at once.
const ENTROPY: usize = 256;

unsafe extern "C" fn getentropy(buffer: *mut u8, len: size_t) -> c_int {
    if len > ENTROPY {
        errno::set(libc::EIO);
        return -1;
    }
    let mut filled = 0;
    while filled < len {
        let rest = buffer.wrapping_add(filled).expose_provenance();
        // SAFETY: as above.
        match unsafe { syscall(libc::SYS_getrandom, [rest, len - filled, 0, 0, 0, 0]) } {
            read @ 1.. => filled += read as usize,
            error if error == -(libc::EINTR as isize) => {}
            error => return answer(error.min(-1)) as c_int,
        }
    }
    0
}

/// The kernel's number of a timer: what the C library gives out is that number, or a place where it is kept.
fn kernels_timer(timer: usize) -> usize {
    if timer.cast_signed() < 0 {
        let record = core::ptr::with_exposed_provenance::<c_int>(timer << 1);
        // SAFETY: the C library's record of the timer begins with the number.
        unsafe { record.read() as usize }
    } else {
        timer
    }
}

unsafe extern "C" fn timer_gettime(timer: usize, value: usize) -> isize {
    // SAFETY: as above.
    unsafe {
        made(
            libc::SYS_timer_gettime,
            [kernels_timer(timer), value, 0, 0, 0, 0],
        )
    }
}

unsafe extern "C" fn timer_settime(timer: usize, flags: usize, new: usize, old: usize) -> isize {
    let arguments = [kernels_timer(timer), flags, new, old, 0, 0];
    // SAFETY: as above.
    unsafe { made(libc::SYS_timer_settime, arguments) }
}

unsafe extern "C" fn ptrace(request: c_uint, process: usize, address: usize, data: usize) -> isize {
    let is_peek = matches!(
        request,
        libc::PTRACE_PEEKTEXT | libc::PTRACE_PEEKDATA | libc::PTRACE_PEEKUSER
    );
    let mut word: isize = 0;
    let place = (&raw mut word).expose_provenance();
    let data = if is_peek { place } else { data };
    let arguments = [request as usize, process, address, data, 0, 0];
    // SAFETY: as above.
    let returned = unsafe { made(libc::SYS_ptrace, arguments) };
    if is_peek && returned >= 0 {
        errno::set(0);
        return word;
    }
    returned
}

unsafe extern "C" fn sched_getaffinity(process: usize, len: size_t, set: *mut u8) -> isize {
    let arguments = [
        process,
        len.min(i32::MAX as usize),
        set.expose_provenance(),
        0,
        0,
        0,
    ];
    // SAFETY: as above.
    let written = unsafe { made(libc::SYS_sched_getaffinity, arguments) };
    let Ok(written) = usize::try_from(written) else {
        return -1;
    };
    // SAFETY: the rest of the program's set.
    unsafe {
        set.wrapping_add(written)
            .write_bytes(0, len.saturating_sub(written))
    };
    0
}

/// The name of the link that leads to an open file's path, in `place`.
pub(super) fn link_of(file: usize, place: &mut [u8; 32]) -> *const u8 {
    const LINKS: &[u8] = b"/proc/self/fd/";
    let mut digits = 1;
    let mut rest = file;
    while rest >= 10 {
        rest /= 10;
        digits += 1;
    }
    *place = [0; 32];
    let (before, number) = place.split_at_mut(LINKS.len());
    before.copy_from_slice(LINKS);
    rest = file;
    // A descriptor has ten digits at most.
    for digit in number.iter_mut().take(digits).rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    place.as_ptr()
}

unsafe extern "C" fn ttyname_r(file: c_int, buffer: *mut c_char, len: size_t) -> c_int {
    let mut settings = [0_u8; 64];
    let place = settings.as_mut_ptr().expose_provenance();
    let arguments = [file as usize, libc::TCGETS as usize, place, 0, 0, 0];
    // SAFETY: as above; the settings have fewer bytes.
    let error = unsafe { syscall(libc::SYS_ioctl, arguments) };
    if error < 0 {
        return -error as c_int;
    }
    let mut link = [0; 32];
    let name = link_of(file as usize, &mut link).expose_provenance();
    let arguments = [name, buffer.expose_provenance(), len, 0, 0, 0];
    // SAFETY: as above.
    let written = unsafe { syscall(libc::SYS_readlink, arguments) };
    match usize::try_from(written) {
        Ok(written) if written < len => {
            // SAFETY: within the program's buffer.
            unsafe { buffer.wrapping_add(written).write(0) };
            0
        }
        Ok(_) => libc::ERANGE,
        Err(_) => -written as c_int,
    }
}

/// `io_queue_init` of libaio, by the system call.
unsafe extern "C" fn io_queue_init(events: usize, context: *mut c_void) -> isize {
    // SAFETY: as above; libaio returns negated error numbers.
    unsafe {
        syscall(
            libc::SYS_io_setup,
            [events, context.expose_provenance(), 0, 0, 0, 0],
        )
    }
}

/// All of them.
pub(super) const ALL: &[StandIn] = &[
    StandIn::new(c"__xstat", xstat as *const ()),
    StandIn::new(c"__xstat64", xstat as *const ()),
    StandIn::new(c"__lxstat", lxstat as *const ()),
    StandIn::new(c"__lxstat64", lxstat as *const ()),
    StandIn::new(c"__fxstat", fxstat as *const ()),
    StandIn::new(c"__fxstat64", fxstat as *const ()),
    StandIn::new(c"__fxstatat", fxstatat as *const ()),
    StandIn::new(c"__fxstatat64", fxstatat as *const ()),
    StandIn::new(c"recv", recv as *const ()),
    StandIn::new(c"__recv_chk", recv_chk as *const ()),
    StandIn::new(c"__recvfrom_chk", recvfrom_chk as *const ()),
    StandIn::new(c"preadv2", preadv2 as *const ()),
    StandIn::new(c"preadv64v2", preadv2 as *const ()),
    StandIn::new(c"wait", wait as *const ()),
    StandIn::new(c"waitpid", waitpid as *const ()),
    StandIn::new(c"wait3", wait3 as *const ()),
    StandIn::new(c"waitid", waitid as *const ()),
    StandIn::new(c"mq_getattr", mq_getattr as *const ()),
    StandIn::new(c"mq_receive", mq_receive as *const ()),
    StandIn::new(c"eventfd_read", eventfd_read as *const ()),
    StandIn::new(c"getdirentries", getdirentries as *const ()),
    StandIn::new(c"getdirentries64", getdirentries as *const ()),
    StandIn::new(c"getentropy", getentropy as *const ()),
    StandIn::new(c"timer_gettime", timer_gettime as *const ()),
    StandIn::new(c"timer_settime", timer_settime as *const ()),
    StandIn::new(c"ptrace", ptrace as *const ()),
    StandIn::new(c"sched_getaffinity", sched_getaffinity as *const ()),
    StandIn::new(c"ttyname_r", ttyname_r as *const ()),
    StandIn::new(c"__ttyname_r_chk", ttyname_r as *const ()),
    StandIn::new(c"io_queue_init", io_queue_init as *const ()),
];
