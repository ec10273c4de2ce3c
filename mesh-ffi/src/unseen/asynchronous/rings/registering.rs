//! What rings are told beside requests.

use core::ffi::{c_uint, c_void};

use libc::{c_int, iovec, sigset_t};

use crate::ground::next::next;
use crate::ground::only_shared::only_shared;
use crate::unseen::hazards::during;
use crate::unseen::stop::{Reason, stop_if};
use crate::unseen::written::Written;

/// Declares functions after which the kernel may write where nobody sees.
macro_rules! unseen {
    ($($function:ident = $name:literal ($($argument:ident : $type:ty),*) $(if $condition:expr)?;)*) => {$(
        $crate::ground::only_shared::only_shared!($function);
        /// The function of liburing of this name. Ends meshing, unless it fails.
        ///
        /// # Safety
        /// As for that function.
        pub(crate) unsafe extern "C" fn $function($($argument: $type),*) -> c_int {
            next!(fn next = $name($($argument: $type),*) -> c_int);
            // SAFETY: the same contract.
            let call = || unsafe { next($($argument),*) };
            $(if !$condition {
                return call();
            })?
            stop_if(Reason::AsynchronousIo, |result| result >= 0, call)
        }
    )*};
}

unseen! {
    io_uring_setup = c"io_uring_setup"(entries: c_uint, parameters: *mut c_void);
    io_uring_enter = c"io_uring_enter"(file: c_uint, submitted: c_uint, least: c_uint, flags: c_uint, mask: *const sigset_t)
        if (submitted > 0);
    io_uring_enter2 = c"io_uring_enter2"(
        file: c_uint, submitted: c_uint, least: c_uint, flags: c_uint, argument: *mut c_void, size: usize
    ) if (submitted > 0);
    io_uring_register = c"io_uring_register"(file: c_uint, operation: c_uint, argument: *mut c_void, count: c_uint);
    io_uring_register_buffers = c"io_uring_register_buffers"(ring: *mut c_void, parts: *const iovec, count: c_uint);
    io_uring_register_buffers_tags = c"io_uring_register_buffers_tags"(
        ring: *mut c_void, parts: *const iovec, tags: *const u64, count: c_uint
    );
    io_uring_register_buffers_update_tag = c"io_uring_register_buffers_update_tag"(
        ring: *mut c_void, first: c_uint, parts: *const iovec, tags: *const u64, count: c_uint
    );
    io_uring_register_buf_ring = c"io_uring_register_buf_ring"(ring: *mut c_void, buffers: *mut c_void, flags: c_uint);
    io_uring_clone_buffers = c"io_uring_clone_buffers"(to: *mut c_void, from: *mut c_void);
    io_uring_clone_buffers_offset = c"io_uring_clone_buffers_offset"(
        to: *mut c_void, from: *mut c_void, first: c_uint, there: c_uint, count: c_uint, flags: c_uint
    );
}

only_shared!(io_uring_setup_buf_ring);

/// `io_uring_setup_buf_ring`: buffers of the program's, which are handed over by code of its own. Ends meshing.
///
/// # Safety
/// As for the function of liburing.
pub(crate) unsafe extern "C" fn io_uring_setup_buf_ring(
    ring: *mut c_void,
    entries: c_uint,
    group: c_int,
    flags: c_uint,
    result: *mut c_int,
) -> usize {
    next!(fn next = c"io_uring_setup_buf_ring"(ring: *mut c_void, entries: c_uint, group: c_int, flags: c_uint, result: *mut c_int) -> usize);
    // SAFETY: the same contract.
    let call = || unsafe { next(ring, entries, group, flags, result) };
    stop_if(Reason::AsynchronousIo, |made| made != 0, call)
}

/// Declares functions that let the kernel write to their second argument before they return.
macro_rules! naming {
    ($($function:ident = $name:literal ($($more:ident)?);)*) => {$(
        $crate::ground::only_shared::only_shared!($function);
        /// The function of liburing of this name.
        ///
        /// # Safety
        /// As for that function.
        pub(crate) unsafe extern "C" fn $function(ring: *mut c_void, written: *mut c_void $(, $more: c_uint)?) -> c_int {
            next!(fn next = $name(ring: *mut c_void, written: *mut c_void $(, $more: c_uint)?) -> c_int);
            // SAFETY: the same contract.
            during(&Written::NOTHING.object(written), || unsafe { next(ring, written $(, $more)?) })
        }
    )*};
}

naming! {
    io_uring_register_probe = c"io_uring_register_probe"(count);
    io_uring_register_iowq_max_workers = c"io_uring_register_iowq_max_workers"();
    io_uring_register_napi = c"io_uring_register_napi"();
    io_uring_unregister_napi = c"io_uring_unregister_napi"();
}
