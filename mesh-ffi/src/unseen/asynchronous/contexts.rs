//! The kernel's older asynchronous I/O, by the functions of libaio and by `syscall`.

use core::ffi::{c_long, c_void};

use libc::{c_int, iovec, sigset_t, timespec};

use super::{MOST, give_up, keep, keep_parts};
use crate::ground::next::next;
use crate::ground::only_shared::only_shared;
use crate::ground::reach::peek;
use crate::unseen::hazards::during;
use crate::unseen::rest::{Caller, resting};
use crate::unseen::signals::ForKernel;
use crate::unseen::written::Written;

/// A request, `struct iocb`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Request {
    data: u64,
    key: u32,
    flags: u32,
    operation: u16,
    priority: i16,
    file: u32,
    buffer: u64,
    len: u64,
    offset: i64,
    reserved: u64,
    more_flags: u32,
    event_file: u32,
}

const _: () = assert!(size_of::<Request>() == 64);

/// IOCB_CMD_PREAD and IOCB_CMD_PREADV; other requests write to no memory.
const READ: u16 = 0;
const READ_PARTS: u16 = 7;

/// Bytes of an event that the kernel tells.
const EVENT: usize = 32;

/// Keeps what is read into by the requests of a list of so many, before the kernel hears of them.
pub(crate) fn keep_submitted(list: *const *const Request, count: usize) {
    if count > MOST {
        return give_up();
    }
    for index in 0..count {
        let request = peek(list.wrapping_add(index)).and_then(peek::<Request>);
        let Some(request) = request else { return };
        let (buffer, len) = (request.buffer as usize, request.len as usize);
        match request.operation {
            READ => keep(core::ptr::without_provenance::<u8>(buffer), len),
            READ_PARTS => keep_parts(core::ptr::with_exposed_provenance::<iovec>(buffer), len),
            _ => {}
        }
    }
}

only_shared!(io_submit);

/// `io_submit`. Like the other functions of libaio it returns a negated error number.
///
/// # Safety
/// As for the function of libaio.
pub(crate) unsafe extern "C" fn io_submit(
    context: *mut c_void,
    count: c_long,
    list: *mut *mut Request,
) -> c_int {
    next!(fn next = c"io_submit"(context: *mut c_void, count: c_long, list: *mut *mut Request) -> c_int);
    keep_submitted(list.cast(), usize::try_from(count).unwrap_or(0));
    // SAFETY: the same contract.
    unsafe { next(context, count, list) }
}

/// What receiving so many events writes to.
fn events(at: *mut c_void, count: c_long) -> Written {
    let count = usize::try_from(count).unwrap_or(0);
    Written::NOTHING.bytes(at, count.saturating_mul(EVENT))
}

only_shared!(io_getevents);

/// `io_getevents`.
///
/// # Safety
/// As for the function of libaio.
pub(crate) unsafe extern "C" fn io_getevents(
    context: *mut c_void,
    least: c_long,
    most: c_long,
    into: *mut c_void,
    timeout: *mut timespec,
) -> c_int {
    next!(fn next = c"io_getevents"(context: *mut c_void, least: c_long, most: c_long, into: *mut c_void, timeout: *mut timespec) -> c_int);
    // SAFETY: the same contract.
    let call = || unsafe { next(context, least, most, into, timeout) };
    let written = events(into, most);
    resting(Caller::Anybody, || during(&written, call))
}

only_shared!(io_pgetevents);

/// `io_pgetevents`.
///
/// # Safety
/// As for the function of libaio.
pub(crate) unsafe extern "C" fn io_pgetevents(
    context: *mut c_void,
    least: c_long,
    most: c_long,
    into: *mut c_void,
    timeout: *mut timespec,
    mask: *const sigset_t,
) -> c_int {
    next!(fn next = c"io_pgetevents"(context: *mut c_void, least: c_long, most: c_long, into: *mut c_void, timeout: *mut timespec, mask: *const sigset_t) -> c_int);
    // SAFETY: null or valid (contract).
    let mask = unsafe { ForKernel::new(mask) };
    // SAFETY: the same contract; the mask lives across the call.
    let call = || unsafe { next(context, least, most, into, timeout, mask.pointer()) };
    let written = events(into, most);
    resting(Caller::Anybody, || during(&written, call))
}

/// Declares functions that let the kernel write to one of their arguments.
macro_rules! naming {
    ($($function:ident = $name:literal ($($argument:ident : $type:ty),*): $written:ident;)*) => {$(
        $crate::ground::only_shared::only_shared!($function);
        /// The function of libaio of this name.
        ///
        /// # Safety
        /// As for that function.
        pub(crate) unsafe extern "C" fn $function($($argument: $type),*) -> c_int {
            next!(fn next = $name($($argument: $type),*) -> c_int);
            // SAFETY: the same contract.
            during(&Written::NOTHING.object($written), || unsafe { next($($argument),*) })
        }
    )*};
}

naming! {
    io_setup = c"io_setup"(events: c_int, context: *mut c_void): context;
    io_queue_init = c"io_queue_init"(events: c_int, context: *mut c_void): context;
    io_cancel = c"io_cancel"(context: *mut c_void, request: *mut c_void, result: *mut c_void): result;
}
