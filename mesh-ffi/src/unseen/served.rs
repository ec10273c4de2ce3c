//! Objects of the program that threads of the C library write to, which have all signals blocked: a store at the barrier would
//! kill. Nobody knows how long they do, so such an object keeps its pages.

use core::ffi::c_void;

use libc::{aiocb, c_int, sigevent};

use crate::ground::next::next;
use crate::ground::only_shared::only_shared;
use crate::unseen::pinning::pin;

/// Declares functions that make such a thread write to the control block that follows their other arguments.
macro_rules! served {
    ($($function:ident = $name:literal ($($argument:ident : $type:ty),*);)*) => {$(
        $crate::ground::only_shared::only_shared!($function);
        /// The function of the C library of this name; the control block keeps its pages.
        ///
        /// # Safety
        /// As for that function.
        pub(crate) unsafe extern "C" fn $function($($argument: $type,)* control: *mut aiocb) -> c_int {
            next!(fn next = $name($($argument: $type,)* control: *mut aiocb) -> c_int);
            pin(control.cast(), size_of::<aiocb>());
            // SAFETY: the same contract.
            unsafe { next($($argument,)* control) }
        }
    )*};
}

served! {
    aio_write = c"aio_write"();
    aio_write64 = c"aio_write64"();
    aio_fsync = c"aio_fsync"(operation: c_int);
    aio_fsync64 = c"aio_fsync64"(operation: c_int);
}

/// A request to look up a name.
#[repr(C)]
struct Request {
    name: usize,
    service: usize,
    wanted: usize,
    result: usize,
    state: c_int,
    reserved: [c_int; 5],
}

only_shared!(getaddrinfo_a);

/// `getaddrinfo_a`; the requests keep their pages.
///
/// # Safety
/// As for the function of the C library.
pub(crate) unsafe extern "C" fn getaddrinfo_a(
    mode: c_int,
    list: *const *mut c_void,
    count: c_int,
    event: *mut sigevent,
) -> c_int {
    next!(fn next = c"getaddrinfo_a"(mode: c_int, list: *const *mut c_void, count: c_int, event: *mut sigevent) -> c_int);
    for index in 0..usize::try_from(count).unwrap_or(0) {
        // SAFETY: the list has so many entries (contract).
        let request = unsafe { list.wrapping_add(index).read() };
        if !request.is_null() {
            pin(request, size_of::<Request>());
        }
    }
    // SAFETY: the same contract.
    unsafe { next(mode, list, count, event) }
}
