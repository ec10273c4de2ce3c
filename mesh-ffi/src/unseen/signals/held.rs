//! Signals held back for a while in the middle of a call that they should end.
//!
//! What a handler finds as its thread's mask is the program's: it is let in under the mask that the thread has outside, never from a
//! wait that has one of its own. So whoever held signals back has to ask which came meanwhile, and to end the program's call
//! himself where a handler has run.

use arena::os::syscall;
use arena::{Os, SignalMask};
use libc::c_int;

use crate::ground::heap::HEAP;
use crate::ground::reach::is_filtered;

/// Bytes of the kernel's set.
const SET: usize = size_of::<u64>();

/// Signals that the C library keeps for itself: to cancel threads, and to change the identity of all of them.
const INTERNAL: core::ops::RangeInclusive<c_int> = 32..=33;

/// What the kernel says of a signal's action.
#[repr(C)]
#[derive(Default)]
struct KernelAction {
    handler: usize,
    flags: usize,
    restorer: usize,
    mask: u64,
}

/// Which handlers end a call that they interrupt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Enders {
    /// All.
    All,
    /// Those without SA_RESTART.
    WithoutRestart,
    /// None.
    None,
}

/// What becomes of a signal that is let in.
#[derive(PartialEq, Eq)]
enum Fate {
    /// A handler runs. It may want that the call goes on which it interrupts.
    Handler { restarts: bool },
    /// Nothing.
    Ignored,
    /// The process ends, or stops for a while; or the C library has a use for it.
    Other,
}

/// All signals of the calling thread are held back.
pub(crate) struct Held {
    /// The mask outside.
    outside: SignalMask,
}

impl Held {
    /// Holds signals back from now on.
    pub(crate) fn begin() -> Self {
        Self {
            outside: HEAP.global().pages().os().block_signals(),
        }
    }

    /// Signals that have come and that a mask would let in. A filter of the program's, which another thread may have installed for all,
    /// may kill for the question.
    fn come(mask: SignalMask) -> impl Iterator<Item = c_int> {
        let pending = if is_filtered() { 0 } else { Self::pending() };
        let come = pending & !mask.0;
        (1..=u64::BITS.cast_signed()).filter(move |signal| come >> (signal - 1) & 1 != 0)
    }

    /// Signals that wait for the calling thread.
    fn pending() -> u64 {
        let mut pending = 0_u64;
        let place = (&raw mut pending).expose_provenance();
        // SAFETY: the set lives across the call and has the size that it is told.
        let _ = unsafe { syscall(libc::SYS_rt_sigpending, [place, SET, 0, 0, 0, 0]) };
        pending
    }

    /// Whether a signal waits that should not: one that is let in outside, or in the program's call, which has the mask `asked`
    /// if it has one.
    pub(crate) fn keeps_something(&self, asked: Option<SignalMask>) -> bool {
        let lets_in = SignalMask(self.outside.0 & asked.unwrap_or(self.outside).0);
        Self::come(lets_in).any(|signal| fate(signal) != Fate::Ignored)
    }

    /// Lets signals in again; says whether a handler has run.
    pub(crate) fn end(self) -> bool {
        self.end_call(None, Enders::All)
    }

    /// Lets signals in again; says whether a handler has run that ends the program's call, which has the mask `asked` if it has one.
    pub(crate) fn end_call(self, asked: Option<SignalMask>, enders: Enders) -> bool {
        let kept_out = SignalMask(self.outside.0 | asked.unwrap_or(self.outside).0);
        let is_over = Self::come(kept_out).any(|signal| match fate(signal) {
            Fate::Handler { restarts } => match enders {
                Enders::All => true,
                Enders::WithoutRestart => !restarts,
                Enders::None => false,
            },
            Fate::Ignored | Fate::Other => false,
        });
        HEAP.global().pages().os().restore_signals(self.outside);
        is_over
    }

    /// The mask outside.
    pub(crate) fn outside(&self) -> SignalMask {
        self.outside
    }

    /// Whether one of `set` waits, whatever its fate.
    pub(crate) fn has_come(set: SignalMask) -> bool {
        Self::pending() & set.0 != 0
    }
}

/// What becomes of `signal` when it is let in.
fn fate(signal: c_int) -> Fate {
    if INTERNAL.contains(&signal) {
        return Fate::Other;
    }
    let mut action = KernelAction::default();
    let place = (&raw mut action).expose_provenance();
    let arguments = [signal as usize, 0, place, SET, 0, 0];
    // SAFETY: nothing is set; the action lives across the call.
    let _ = unsafe { syscall(libc::SYS_rt_sigaction, arguments) };
    match (action.handler, signal) {
        (libc::SIG_IGN, _)
        | (libc::SIG_DFL, libc::SIGCHLD | libc::SIGCONT | libc::SIGURG | libc::SIGWINCH) => {
            Fate::Ignored
        }
        (libc::SIG_DFL, _) => Fate::Other,
        _ => Fate::Handler {
            restarts: action.flags & libc::SA_RESTART as usize != 0,
        },
    }
}
