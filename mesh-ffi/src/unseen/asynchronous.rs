//! Input and output that go on while the program does something else.
//!
//! Once a program has asked for them, the kernel or a device may write to any object at any time, with no call under way
//! that could name the object. Nothing is meshed from then on, and while they ask; a request that fails changes nothing.

use core::ffi::c_void;

use libc::{aiocb, c_int, c_uint, sigevent};

use crate::ground::errno;
use crate::ground::next::next;
use crate::unseen::stop::{Reason, stop_if};

/// Whether a function began something that returns a negative number if it did not.
fn began(result: c_int) -> bool {
    result >= 0
}

/// The same for a list of requests. Only of bad arguments it is known that none of them was begun.
fn began_some(result: c_int) -> bool {
    began(result) || errno::value() != libc::EINVAL
}

/// Declares a function of some library with which asynchronous input and output begin.
macro_rules! asynchronous {
    ($began:ident: $function:ident = $name:literal ( $($argument:ident : $type:ty),* )) => {
        /// The function of this name in the library that the program has it from. Ends meshing, unless it fails.
        ///
        /// # Safety
        /// As for that function.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $function($($argument: $type),*) -> c_int {
            next!(fn next = $name($($argument: $type),*) -> c_int);
            // SAFETY: the same contract.
            stop_if(Reason::AsynchronousIo, $began, || unsafe { next($($argument),*) })
        }
    };
}

// The C library's own: a thread of it reads.
asynchronous!(began: aio_read = c"aio_read"(control: *mut aiocb));
asynchronous!(began: aio_read64 = c"aio_read64"(control: *mut aiocb));
asynchronous!(began_some: lio_listio = c"lio_listio"(mode: c_int, list: *const *mut aiocb, count: c_int, event: *mut sigevent));
asynchronous!(began_some: lio_listio64 = c"lio_listio64"(mode: c_int, list: *const *mut aiocb, count: c_int, event: *mut sigevent));

// libaio.
asynchronous!(began: io_setup = c"io_setup"(events: c_int, context: *mut c_void));
asynchronous!(began: io_queue_init = c"io_queue_init"(events: c_int, context: *mut c_void));

// liburing. The ring's type is its own.
asynchronous!(began: io_uring_setup = c"io_uring_setup"(entries: c_uint, parameters: *mut c_void));
asynchronous!(began: io_uring_queue_init = c"io_uring_queue_init"(entries: c_uint, ring: *mut c_void, flags: c_uint));
asynchronous!(began: io_uring_queue_init_params = c"io_uring_queue_init_params"(entries: c_uint, ring: *mut c_void, parameters: *mut c_void));
asynchronous!(began: io_uring_queue_init_mem = c"io_uring_queue_init_mem"(entries: c_uint, ring: *mut c_void, parameters: *mut c_void, memory: *mut c_void, size: usize));
