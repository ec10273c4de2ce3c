//! Streams, and input and output in the background.

use core::ffi::{c_int, c_void};
use core::mem::transmute;

use crate::ground::errno;

use super::StandIn;
use super::linked::{fetched, linked};

/// The function that is given, with an argument in front that says how much room there is.
unsafe extern "C" fn fread_chk(
    buffer: *mut c_void,
    _room: usize,
    size: usize,
    count: usize,
    stream: *mut c_void,
) -> usize {
    type Read = unsafe extern "C" fn(*mut c_void, usize, usize, *mut c_void) -> usize;
    let read = fetched!("_IO_fread")();
    // SAFETY: the C library's function of this name.
    let read = unsafe { transmute::<*mut c_void, Read>(read) };
    // SAFETY: the same contract.
    unsafe { read(buffer, size, count, stream) }
}

/// What the C library calls a request to read.
const READ: c_int = 0;

/// The same for writing, and for waiting until all is written: of data, and of all that belongs to the file.
const WRITE: c_int = 1;
const DATA: c_int = 3;
const ALL_OF_IT: c_int = 4;

unsafe extern "C" fn aio_read(control: *mut c_void) -> c_int {
    // SAFETY: the same contract.
    unsafe { enqueued(control, READ) }
}

unsafe extern "C" fn aio_write(control: *mut c_void) -> c_int {
    // SAFETY: the same contract.
    unsafe { enqueued(control, WRITE) }
}

unsafe extern "C" fn aio_fsync(operation: c_int, control: *mut c_void) -> c_int {
    let request = match operation {
        libc::O_DSYNC => DATA,
        libc::O_SYNC => ALL_OF_IT,
        _ => {
            errno::set(libc::EINVAL);
            return -1;
        }
    };
    // SAFETY: the same contract.
    unsafe { enqueued(control, request) }
}

/// Has the C library carry out a request.
///
/// # Safety
/// As for `aio_read`.
unsafe fn enqueued(control: *mut c_void, request: c_int) -> c_int {
    type Enqueue = unsafe extern "C" fn(*mut c_void, c_int) -> *mut c_void;
    let enqueue = linked!("__aio_enqueue_request")();
    if enqueue.is_null() {
        errno::set(libc::ENOSYS);
        return -1;
    }
    // SAFETY: the C library's function of this name.
    let enqueue = unsafe { transmute::<*mut c_void, Enqueue>(enqueue) };
    // SAFETY: the same contract.
    if unsafe { enqueue(control, request) }.is_null() {
        -1
    } else {
        0
    }
}

/// All of them.
pub(super) const ALL: &[StandIn] = &[
    StandIn::linked(c"fread", fetched!("_IO_fread")),
    StandIn::linked(c"fread_unlocked", fetched!("_IO_fread")),
    StandIn::new(c"__fread_chk", fread_chk as *const ()),
    StandIn::new(c"__fread_unlocked_chk", fread_chk as *const ()),
    StandIn::linked(c"setvbuf", fetched!("_IO_setvbuf")),
    StandIn::new(c"aio_read", aio_read as *const ()),
    StandIn::new(c"aio_read64", aio_read as *const ()),
    StandIn::new(c"aio_write", aio_write as *const ()),
    StandIn::new(c"aio_write64", aio_write as *const ()),
    StandIn::new(c"aio_fsync", aio_fsync as *const ()),
    StandIn::new(c"aio_fsync64", aio_fsync as *const ()),
];
