//! How requests are handed to the kernel.

use core::ffi::{c_uint, c_void};

use libc::{c_int, sigset_t};

use super::layout::Ring;
use super::requests::keep_targets;
use crate::ground::next::next;
use crate::ground::only_shared::only_shared;
use crate::unseen::rest::{Caller, resting_if};
use crate::unseen::signals::ForKernel;

/// Keeps what the requests that wait may write to, and makes `call`, in which the kernel takes them.
///
/// # Safety
/// `ring` is a ring of liburing, and in use by the calling thread.
unsafe fn submitting(ring: *mut c_void, may_sleep: bool, call: impl FnOnce() -> c_int) -> c_int {
    // SAFETY: a ring (contract).
    let queue = unsafe { &*ring.cast::<Ring>() };
    // SAFETY: in use by the calling thread (contract).
    unsafe { queue.each_request(keep_targets) };
    resting_if(may_sleep, Caller::Anybody, call)
}

/// Declares functions that hand requests to the kernel; those with a `mask` wait under it.
macro_rules! submitting {
    ($($function:ident = $name:literal (ring $(, $argument:ident : $type:ty)* $(; $mask:ident)?), may_sleep: $may_sleep:expr;)*) => {$(
        $crate::ground::only_shared::only_shared!($function);
        /// The function of liburing of this name.
        ///
        /// # Safety
        /// As for that function.
        pub(crate) unsafe extern "C" fn $function(ring: *mut c_void $(, $argument: $type)* $(, $mask: *const sigset_t)?) -> c_int {
            next!(fn next = $name(ring: *mut c_void $(, $argument: $type)* $(, $mask: *const sigset_t)?) -> c_int);
            $(
                // SAFETY: null or valid (contract).
                let $mask = unsafe { ForKernel::new($mask) };
            )?
            // SAFETY: the same contract; a mask lives across the call.
            let call = || unsafe { next(ring $(, $argument)* $(, $mask.pointer())?) };
            // SAFETY: a ring, which the calling thread uses (contract).
            unsafe { submitting(ring, $may_sleep, call) }
        }
    )*};
}

submitting! {
    io_uring_submit = c"io_uring_submit"(ring), may_sleep: false;
    io_uring_submit_and_wait = c"io_uring_submit_and_wait"(ring, least: c_uint), may_sleep: true;
    io_uring_submit_and_get_events = c"io_uring_submit_and_get_events"(ring), may_sleep: false;
    io_uring_submit_and_wait_timeout = c"io_uring_submit_and_wait_timeout"(ring, into: *mut c_void, least: c_uint, time: *mut c_void; mask), may_sleep: true;
    io_uring_submit_and_wait_min_timeout = c"io_uring_submit_and_wait_min_timeout"(
        ring, into: *mut c_void, least: c_uint, time: *mut c_void, shortest: c_uint; mask
    ), may_sleep: true;
    io_uring_submit_and_wait_reg = c"io_uring_submit_and_wait_reg"(ring, into: *mut c_void, least: c_uint, place: c_int), may_sleep: true;
    io_uring_wait_cqes = c"io_uring_wait_cqes"(ring, into: *mut c_void, least: c_uint, time: *mut c_void; mask), may_sleep: true;
    io_uring_wait_cqes_min_timeout = c"io_uring_wait_cqes_min_timeout"(
        ring, into: *mut c_void, least: c_uint, time: *mut c_void, shortest: c_uint; mask
    ), may_sleep: true;
    io_uring_wait_cqe_timeout = c"io_uring_wait_cqe_timeout"(ring, into: *mut c_void, time: *mut c_void), may_sleep: true;
}

only_shared!(__io_uring_get_cqe);

/// What liburing's inline functions wait with; it hands requests over if there are some `submitted`. Another thread may be writing
/// requests else.
///
/// # Safety
/// As for the function of liburing.
pub(crate) unsafe extern "C" fn __io_uring_get_cqe(
    ring: *mut c_void,
    into: *mut c_void,
    submitted: c_uint,
    least: c_uint,
    mask: *const sigset_t,
) -> c_int {
    next!(fn next = c"__io_uring_get_cqe"(ring: *mut c_void, into: *mut c_void, submitted: c_uint, least: c_uint, mask: *const sigset_t) -> c_int);
    // SAFETY: null or valid (contract).
    let mask = unsafe { ForKernel::new(mask) };
    // SAFETY: the same contract; the mask lives across the call.
    let call = || unsafe { next(ring, into, submitted, least, mask.pointer()) };
    if submitted == 0 {
        return resting_if(true, Caller::Anybody, call);
    }
    // SAFETY: a ring, which the calling thread uses (contract).
    unsafe { submitting(ring, true, call) }
}
