//! The C library's asynchronous reads, which a thread of its own makes, with all signals blocked.

use libc::{aiocb, c_int, sigevent};

use super::{MOST, give_up, keep, keep_object};
use crate::ground::next::next;
use crate::ground::reach::peek;

/// Keeps a control block, and what it says is to be read into.
fn keep_request(control: *const aiocb) {
    if control.is_null() {
        return;
    }
    keep_object(control);
    // SAFETY: not null, and whoever asks for a read has a control block there.
    let control = unsafe { &*control };
    keep(control.aio_buf, control.aio_nbytes);
}

/// Declares a function that makes a request.
macro_rules! requests {
    ($($function:ident = $name:literal;)*) => {$(
        $crate::ground::only_shared::only_shared!($function);
        /// The function of the C library of this name.
        ///
        /// # Safety
        /// As for that function.
        pub(crate) unsafe extern "C" fn $function(control: *mut aiocb) -> c_int {
            next!(fn next = $name(control: *mut aiocb) -> c_int);
            keep_request(control);
            // SAFETY: the same contract.
            unsafe { next(control) }
        }
    )*};
}

requests! {
    aio_read = c"aio_read";
    aio_read64 = c"aio_read64";
}

/// Declares a function that makes several requests.
macro_rules! lists {
    ($($function:ident = $name:literal;)*) => {$(
        $crate::ground::only_shared::only_shared!($function);
        /// The function of the C library of this name.
        ///
        /// # Safety
        /// As for that function.
        pub(crate) unsafe extern "C" fn $function(mode: c_int, list: *const *mut aiocb, count: c_int, event: *mut sigevent) -> c_int {
            next!(fn next = $name(mode: c_int, list: *const *mut aiocb, count: c_int, event: *mut sigevent) -> c_int);
            keep_list(list, usize::try_from(count).unwrap_or(0));
            // SAFETY: the same contract.
            unsafe { next(mode, list, count, event) }
        }
    )*};
}

fn keep_list(list: *const *mut aiocb, count: usize) {
    if count > MOST {
        return give_up();
    }
    for index in 0..count {
        if let Some(control) = peek(list.wrapping_add(index)) {
            keep_request(control);
        }
    }
}

lists! {
    lio_listio = c"lio_listio";
    lio_listio64 = c"lio_listio64";
}
