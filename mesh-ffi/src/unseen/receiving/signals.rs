//! The stack of signal handlers. Masks and waits are in `signals`.
//!
//! A fault on a page of the stack that a handler runs on could not be handled there, so a stack keeps its pages.

use core::ffi::{c_int, c_void};

use libc::stack_t;

use super::receiving;
use crate::ground::reach::peek;
use crate::unseen::pinning::pin;
use crate::unseen::written::Written;

/// What `sigaltstack` may write to; pins the stack that it is given.
fn by_sigaltstack(new: *const stack_t, old: *mut c_void) -> Written {
    if !new.is_null()
        && let Some(stack) = peek(new)
        && stack.ss_flags & libc::SS_DISABLE == 0
    {
        pin(stack.ss_sp, stack.ss_size);
    }
    Written::NOTHING.object(old)
}

receiving! {
    sigaltstack = c"sigaltstack"(new: *const stack_t, old: *mut c_void) -> c_int: by_sigaltstack(new, old);
}
