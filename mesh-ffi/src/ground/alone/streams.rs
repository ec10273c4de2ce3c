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

unsafe extern "C" fn aio_read(control: *mut c_void) -> c_int {
    type Enqueue = unsafe extern "C" fn(*mut c_void, c_int) -> *mut c_void;
    let enqueue = linked!("__aio_enqueue_request")();
    if enqueue.is_null() {
        errno::set(libc::ENOSYS);
        return -1;
    }
    // SAFETY: the C library's function of this name.
    let enqueue = unsafe { transmute::<*mut c_void, Enqueue>(enqueue) };
    // SAFETY: the same contract.
    if unsafe { enqueue(control, READ) }.is_null() {
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
];
