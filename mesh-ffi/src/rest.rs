//! A thread that sleeps keeps little: before it sleeps in a function that stands in front of the C library's, it gives back
//! what it keeps, or lets others take it later (`Threads::fall_asleep`).
//!
//! Meanwhile its word points to a heap that serves nobody. So whatever asks for memory before the call returns finds no slot
//! at hand and wakes the heap first: a handler, a clean-up function, or whoever was jumped to.

use stack::Calls;

use crate::process::{self, HEAP};
use crate::signals;
use crate::tls::{self, Standing};

/// What a function that sleeps may have interrupted.
#[derive(Clone, Copy)]
pub(crate) enum Caller {
    /// Functions that handlers may call: `malloc` or `free`, if the program has a handler.
    Anybody,
    /// Functions that no handler may call: nothing.
    NoHandler,
}

/// Makes `call`, in which the thread may sleep.
#[inline(always)]
pub(crate) fn resting<R>(caller: Caller, call: impl FnOnce() -> R) -> R {
    let rests = begin(caller);
    let result = call();
    if rests {
        end();
    }
    result
}

/// Says whether the thread's heap rests from now on.
#[inline(never)]
fn begin(caller: Caller) -> bool {
    if tls::inside() {
        return false;
    }
    let Standing::Attached(front) = tls::standing() else {
        return false;
    };
    let calls = match caller {
        Caller::Anybody if signals::handlers_may_run() => Calls::One,
        Caller::Anybody | Caller::NoHandler => Calls::None,
    };
    tls::within(|| {
        tls::set_asleep();
        // SAFETY: the calling thread's own heap. Its word does not lead to it any more, so that what asks for memory wakes it
        // first; a call that this one has interrupted belongs to a program with handlers.
        unsafe { HEAP.fall_asleep(front, calls) };
    });
    true
}

#[inline(never)]
fn end() {
    tls::within(|| {
        let _ = process::front();
    });
}
