//! The stack of signal handlers. Masks and waits are in `signals`.

use core::ffi::{c_int, c_void};

use super::receiving;
use crate::unseen::written::Written;

receiving! {
    sigaltstack = c"sigaltstack"(new: *const c_void, old: *mut c_void) -> c_int: Written::NOTHING.object(old);
}
