//! The time before a call: nothing of it is seen.
//!
//! Signals are blocked all the time, but for moments in which those that came are let in: a handler that ends the call, or would be followed by
//! its restart, does the same here. How many came, and which, is looked at every few milliseconds. The call is made as soon as
//! what it waits for is there, or when there is nothing more to do.

use arena::os::syscall;
use arena::{Os, SignalMask};
use libc::{c_int, pollfd, timespec};

use crate::ground::heap::HEAP;
use crate::ground::request;
use crate::unseen::signals::{Enders, Held, handlers_may_run};

use super::Before;
use super::schedule::{Parted, Span, Work, in_parts, must_stay_whole};
use super::upkeep::has_gain;

/// The call is to be made.
const OVER: c_int = 1;

/// A handler has run that ends the call.
const INTERRUPTED: c_int = -1;

/// Nanoseconds that signals are blocked at a time, at most.
const LONGEST_NS: u64 = 4_000_000;

/// Nanoseconds of a sleep after which it is looked for what is waited for, if there is nothing that ends the sleep.
const SHORTEST_NS: u64 = 50_000;

/// Such a sleep is one part in so many of what has passed: nothing is delayed by more than that.
const PART: u64 = 8;

const SECOND: u64 = 1_000_000_000;

/// Whether the time before a call should be taken.
pub(super) fn is_worthwhile() -> bool {
    HEAP.attached() <= 1 && !must_stay_whole() && has_gain()
}

/// What a call waits for.
pub(super) struct Awaited<'a> {
    /// Whether it is there, or the call would fail; signals are blocked.
    pub(super) is_there: &'a mut dyn FnMut() -> bool,
    /// A file that can be read from when it is.
    pub(super) file: Option<c_int>,
    /// The mask that the call has while it waits; `None` for that of the thread.
    pub(super) mask: Option<SignalMask>,
    /// Which handlers end the call.
    pub(super) enders: Enders,
    /// Milliseconds that the call may take, negative if it has no end.
    pub(super) timeout: c_int,
}

impl Awaited<'_> {
    /// Takes the time before the call.
    #[inline(never)]
    pub(super) fn before(self) -> Before {
        let timeout = self.timeout;
        let mut prelude = Prelude {
            awaited: self,
            signals: None,
            start: clock(),
        };
        let result = in_parts(timeout, Span::AsAsked, &mut prelude);
        let result = match (prelude.let_in(), result) {
            (true, 0) => INTERRUPTED,
            _ => result,
        };
        if result == INTERRUPTED {
            Before::Interrupted
        } else {
            Before::Call
        }
    }
}

struct Prelude<'a> {
    awaited: Awaited<'a>,
    /// While they are blocked.
    signals: Option<Held>,
    start: u64,
}

impl Prelude<'_> {
    /// Lets signals in, if they are blocked; says whether a handler has run that ends the call.
    fn let_in(&mut self) -> bool {
        let held = self.signals.take();
        held.is_some_and(|held| held.end_call(self.awaited.mask, self.awaited.enders))
    }

    /// Lets signals in that have come, and blocks them again. Returns what is to become of the call: zero if nothing has happened.
    fn look(&mut self) -> c_int {
        let mask = self.awaited.mask;
        let held = self.signals.get_or_insert_with(Held::begin);
        // What is there comes first, as in the kernel.
        if (self.awaited.is_there)() {
            return OVER;
        }
        if !held.keeps_something(mask) {
            return 0;
        }
        if self.let_in() {
            return INTERRUPTED;
        }
        // One that is let in by the call alone still waits.
        if mask.is_some() {
            return OVER;
        }
        self.signals = Some(Held::begin());
        0
    }

    /// Sleeps for so many nanoseconds at most; says whether the call is to be made at once.
    fn sleep(&mut self, nanoseconds: u64) -> bool {
        let Some(file) = self.awaited.file else {
            let passed = clock().saturating_sub(self.start);
            let part = (passed / PART).clamp(SHORTEST_NS, LONGEST_NS);
            let _ = poll(None, part.min(nanoseconds));
            return false;
        };
        if handlers_may_run() {
            return poll(Some(file), nanoseconds.min(LONGEST_NS)) != 0;
        }
        // No handler runs, so nobody minds what a signal interrupts.
        let _ = self.let_in();
        poll(Some(file), nanoseconds) != 0
    }
}

impl Parted for Prelude<'_> {
    fn wait(&mut self, span: Span) -> c_int {
        // The end of the wait is the call itself.
        let Span::Part(milliseconds) = span else {
            return 0;
        };
        let end = clock() + u64::from(milliseconds.unsigned_abs()) * 1_000_000;
        loop {
            let result = self.look();
            if result != 0 {
                return result;
            }
            let now = clock();
            if now >= end {
                return 0;
            }
            if self.sleep(end - now) {
                return OVER;
            }
        }
    }

    fn act(&mut self, work: Work<'_>, helped: &mut bool) -> c_int {
        if !(work.is_wanted)() {
            return 0;
        }
        request::answer();
        loop {
            let result = self.look();
            if result != 0 {
                return result;
            }
            if !(work.act)() {
                return 0;
            }
            *helped = true;
        }
    }
}

fn clock() -> u64 {
    HEAP.global().pages().os().clock_ns()
}

/// Waits until `file` can be read from, or nobody knows, for so many nanoseconds at most. Zero if it cannot.
pub(super) fn poll(file: Option<c_int>, nanoseconds: u64) -> isize {
    let mut asked = pollfd {
        fd: file.unwrap_or(-1),
        events: libc::POLLIN,
        revents: 0,
    };
    let mut time = timespec {
        tv_sec: (nanoseconds / SECOND).cast_signed(),
        tv_nsec: (nanoseconds % SECOND).cast_signed(),
    };
    let file = (&raw mut asked).expose_provenance();
    let time = (&raw mut time).expose_provenance();
    // SAFETY: the file and the time live across the call.
    unsafe { syscall(libc::SYS_ppoll, [file, 1, time, 0, 0, 0]) }
}
