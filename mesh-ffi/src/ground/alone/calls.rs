//! System calls that take what the function takes.

use core::mem::transmute;

use arena::os::syscall;
use libc::c_long;

use super::linked::fetched;
use super::{StandIn, answer};

/// The C library's `PTHREAD_CANCEL_ASYNCHRONOUS`.
const ASYNCHRONOUS: i32 = 1;

/// Makes a call in which the thread may be cancelled, as in the C library's function; what the kernel returned.
pub(super) fn cancellable(number: c_long, arguments: [usize; 6]) -> isize {
    type SetType = extern "C" fn(i32, *mut i32) -> i32;
    let set_type = fetched!("pthread_setcanceltype")();
    // SAFETY: the C library's function of this name.
    let set_type = unsafe { transmute::<*mut core::ffi::c_void, SetType>(set_type) };
    let mut before = 0;
    set_type(ASYNCHRONOUS, &raw mut before);
    // SAFETY: the program's arguments, for the call that it asks for.
    let returned = unsafe { syscall(number, arguments) };
    set_type(before, core::ptr::null_mut());
    returned
}

/// Declares stand-ins that are the system calls of these numbers, and those in which a thread may be cancelled.
macro_rules! calls {
    (plain { $($name:literal = $number:ident;)* } points { $($point:literal = $point_number:ident;)* }) => {
        /// All of them.
        pub(super) const ALL: &[StandIn] = &[
            $({
                unsafe extern "C" fn call(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> isize {
                    // SAFETY: the program's arguments, for the call that it asks for.
                    answer(unsafe { syscall(libc::$number, [a, b, c, d, e, f]) })
                }
                StandIn::new($name, call as *const ())
            },)*
            $({
                unsafe extern "C" fn call(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> isize {
                    answer(cancellable(libc::$point_number, [a, b, c, d, e, f]))
                }
                StandIn::new($point, call as *const ())
            },)*
        ];
    };
}

calls! {
    plain {
        c"madvise" = SYS_madvise;
        c"mlock" = SYS_mlock;
        c"mlock2" = SYS_mlock2;
        c"mlockall" = SYS_mlockall;
        c"mprotect" = SYS_mprotect;
        c"pkey_mprotect" = SYS_pkey_mprotect;
        c"prctl" = SYS_prctl;
    }
    points {
        c"nanosleep" = SYS_nanosleep;
    }
}
