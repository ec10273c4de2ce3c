//! Futexes, in a process with one thread: nobody wakes it but a signal's handler.

use libc::{c_int, timespec};

use crate::ground::reach::peek;
use crate::ground::single::has_one_thread;
use crate::unseen::signals::Enders;

use super::Before;
use super::clocks::{Left, until};
use super::prelude::{Awaited, is_worthwhile};

/// The time of a wait for a word.
pub(crate) enum Time {
    /// For so long; what is left of it is known afterwards.
    For(Left),
    /// Until then, on a clock.
    Until(c_int, *const timespec),
}

impl Time {
    /// Milliseconds of it, negative if there is no end; zero for one that calls do not take.
    fn milliseconds(&self) -> c_int {
        match self {
            Self::For(left) => left.milliseconds(),
            Self::Until(clock, end) => until(*clock, *end).unwrap_or(0),
        }
    }

    /// What the call is to be given.
    pub(crate) fn pointer(&self) -> *const timespec {
        match self {
            Self::For(left) => left.pointer(),
            Self::Until(_, end) => *end,
        }
    }
}

/// Before a wait at `word` as long as it has this value.
#[cold]
#[inline(never)]
pub(crate) fn woken(word: *const u32, value: u32, time: &Time) -> Before {
    if !is_worthwhile() || !has_one_thread() {
        return Before::Call;
    }
    let timeout = time.milliseconds();
    let awaited = Awaited {
        is_there: &mut || read(word) != Some(value),
        file: None,
        mask: None,
        enders: if timeout < 0 {
            Enders::WithoutRestart
        } else {
            Enders::All
        },
        timeout,
    };
    awaited.before()
}

/// The word, if it is there.
fn read(word: *const u32) -> Option<u32> {
    let at = word.addr();
    if !at.is_multiple_of(size_of::<u32>()) {
        return None;
    }
    let is_high = !at.is_multiple_of(size_of::<u64>());
    let pair = word.map_addr(|at| at & !(size_of::<u64>() - 1));
    let pair = peek(pair.cast::<u64>())?;
    let word = if is_high { pair >> 32 } else { pair };
    Some(word as u32)
}
