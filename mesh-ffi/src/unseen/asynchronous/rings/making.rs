//! How rings begin and end.

use core::ffi::{c_uint, c_void};

use libc::c_int;

use super::layout::Ring;
use crate::ground::next::next;
use crate::ground::only_shared::only_shared;
use crate::unseen::found::rings as known;
use crate::unseen::stop::{Reason, stop_if};

/// Makes `call`, which may make a ring. It ends meshing if requests may pass by us.
///
/// # Safety
/// If `call` returns no negative number, `ring` is a ring of liburing.
unsafe fn making(ring: *mut Ring, call: impl FnOnce() -> c_int) -> c_int {
    let noted = || {
        let result = call();
        let is_unseen = result >= 0 && {
            // SAFETY: there is a ring now (contract).
            let ring = unsafe { &*ring };
            ring.takes_by_itself() || !known::note(ring.file())
        };
        (result, is_unseen)
    };
    // No cycle looks for rings before this one is noted.
    stop_if(Reason::AsynchronousIo, |(_, is_unseen)| is_unseen, noted).0
}

/// Declares functions that make a ring.
macro_rules! making {
    ($($function:ident = $name:literal ($($before:ident : $before_type:ty,)? ring $(, $argument:ident : $type:ty)*);)*) => {$(
        $crate::ground::only_shared::only_shared!($function);
        /// The function of liburing of this name.
        ///
        /// # Safety
        /// As for that function.
        pub(crate) unsafe extern "C" fn $function($($before: $before_type,)? ring: *mut c_void $(, $argument: $type)*) -> c_int {
            next!(fn next = $name($($before: $before_type,)? ring: *mut c_void $(, $argument: $type)*) -> c_int);
            // SAFETY: the same contract.
            let call = || unsafe { next($($before,)? ring $(, $argument)*) };
            // SAFETY: the program's ring, or room for one (contract).
            unsafe { making(ring.cast(), call) }
        }
    )*};
}

making! {
    io_uring_queue_init = c"io_uring_queue_init"(entries: c_uint, ring, flags: c_uint);
    io_uring_queue_init_params = c"io_uring_queue_init_params"(entries: c_uint, ring, parameters: *mut c_void);
    io_uring_queue_init_try_nosqarr = c"io_uring_queue_init_try_nosqarr"(entries: c_uint, ring, flags: c_uint);
    io_uring_queue_init_mem = c"io_uring_queue_init_mem"(entries: c_uint, ring, parameters: *mut c_void, memory: *mut c_void, size: usize);
}

only_shared!(io_uring_queue_exit);

/// `io_uring_queue_exit`.
///
/// # Safety
/// As for the function of liburing.
pub(crate) unsafe extern "C" fn io_uring_queue_exit(ring: *mut c_void) {
    next!(fn next = c"io_uring_queue_exit"(ring: *mut c_void) -> usize);
    // SAFETY: a ring of liburing (contract).
    known::forget(unsafe { &*ring.cast::<Ring>() }.file());
    // SAFETY: the same contract. There is no result.
    let _ = unsafe { next(ring) };
}
