//! Clocks that are read millions of times a second, nearly always without the kernel.
//!
//! Few clocks need a system call (those of processor time), or all of them where the machine's counter cannot be read. When its write meets
//! a mesh the call fails, and is made again with the object published: that loses nothing, since a clock may be read at any time.

use core::ffi::{c_int, c_void};

use libc::{clockid_t, time_t, timespec, timeval};

use crate::ground::errno;
use crate::ground::next::next;
use crate::unseen::hazards::during;
use crate::unseen::written::Written;

/// Declares functions that read a clock into one of their arguments, and set `errno` when they fail.
macro_rules! clocks {
    ($($function:ident = $name:literal ($($argument:ident : $type:ty),*) -> $result:ty, into $into:ident;)*) => {$(
        $crate::ground::only_shared::only_shared!($function);
        /// The function of the C library of this name.
        ///
        /// # Safety
        /// As for that function.
        pub(crate) unsafe extern "C" fn $function($($argument: $type),*) -> $result {
            next!(fn next = $name($($argument: $type),*) -> $result);
            // SAFETY: the same contract.
            let call = || unsafe { next($($argument),*) };
            let before = errno::value();
            let result = call();
            if result != -1 {
                return result;
            }
            again(result, before, $into, call)
        }
    )*};
}

/// What a call that failed with `result` comes to, with the object that `into` leads to published if that may have been the reason. `before` is what
/// `errno` was.
#[cold]
#[inline(never)]
fn again<O, T>(result: T, before: c_int, into: *mut O, call: impl Fn() -> T) -> T {
    let written = Written::NOTHING.object(into);
    if written.is_nothing() || errno::value() != libc::EFAULT {
        return result;
    }
    errno::set(before);
    during(&written, call)
}

clocks! {
    clock_gettime = c"clock_gettime"(clock: clockid_t, into: *mut timespec) -> c_int, into into;
    gettimeofday = c"gettimeofday"(into: *mut timeval, zone: *mut c_void) -> c_int, into into;
    __gettimeofday = c"__gettimeofday"(into: *mut timeval, zone: *mut c_void) -> c_int, into into;
    time = c"time"(into: *mut time_t) -> time_t, into into;
}
