//! Waits that a signal has ended which only asked for something of ours.
//!
//! Linux restarts neither sleeps nor `epoll_wait` and the like. A program that has handlers expects that signals end them; one that
//! has none does not, and its wait goes on.

use core::ffi::c_int;

use arena::Os;

use crate::ground::heap::HEAP;
use crate::ground::tls;
use crate::unseen::signals;

use super::asked;

/// A wait of the program's, for which the signal is no event.
pub(super) struct Watch {
    /// Signals that had come when it began.
    asked: u32,
    /// When it began, in nanoseconds.
    start: u64,
}

impl Watch {
    /// The wait begins now; `None` if no signal can ask.
    #[inline]
    pub(super) fn begin() -> Option<Self> {
        asked::is_watching().then(|| Self {
            asked: asked::times(),
            start: clock(),
        })
    }

    /// Nanoseconds since it began.
    pub(super) fn passed_ns(&self) -> u64 {
        clock().saturating_sub(self.start)
    }

    /// The wait has ended with `error`. Says whether it should go on: it was the signal that ended it, and nothing else can
    /// have done so, since the program has no handlers. What was asked for has been done then.
    #[cold]
    pub(super) fn was_ended(&self, error: c_int) -> bool {
        if error != libc::EINTR {
            return false;
        }
        let asked = self.asked != asked::times();
        asked::answer();
        asked && !tls::inside() && !signals::handlers_may_run()
    }
}

/// The time in nanoseconds.
fn clock() -> u64 {
    HEAP.global().pages().os().clock_ns()
}
