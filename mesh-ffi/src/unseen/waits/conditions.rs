//! Conditions, in a process with one thread: nobody can signal them but another process.

use core::ffi::c_void;

use libc::{c_int, clockid_t, timespec};

use crate::ground::reach::peek;
use crate::ground::single::has_one_thread;
use crate::unseen::signals::Enders;

use super::Before;
use super::clocks::{at, milliseconds, now};
use super::prelude::{Awaited, is_worthwhile};

/// Where the C library's initializers of mutexes have the kind, in words of eight bytes, and the bit of those that processes share.
const KIND: usize = 2;
const SHARED: u64 = 0x80;

/// Nanoseconds beyond which the end of a wait is not on this clock: about three years.
const FAR: i64 = 100_000_000_000_000_000;

/// Before a wait for a condition with `mutex`, until the time at `end` if there is one. On which clock is known to the condition
/// alone, if not to the caller: the time tells.
#[cold]
#[inline(never)]
pub(crate) fn signalled(
    mutex: *const c_void,
    clock: Option<clockid_t>,
    end: *const timespec,
) -> Before {
    if !is_worthwhile() || !has_one_thread() || may_be_shared(mutex) {
        return Before::Call;
    }
    let timeout = if end.is_null() {
        -1
    } else {
        let Some(end) = at(end) else {
            return Before::Call;
        };
        let left = |clock| end.saturating_sub(now(clock));
        let left = match clock {
            Some(clock) => left(clock),
            None => match left(libc::CLOCK_REALTIME) {
                left @ 1.. => left,
                _ => left(libc::CLOCK_MONOTONIC),
            },
        };
        match left {
            1..FAR => milliseconds(left),
            _ => return Before::Call,
        }
    };
    let awaited = Awaited {
        is_there: &mut || false,
        file: None,
        mask: None,
        enders: Enders::None,
        timeout,
    };
    awaited.before()
}

/// Whether other processes may have the mutex.
fn may_be_shared(mutex: *const c_void) -> bool {
    let kind = peek(mutex.cast::<u64>().wrapping_add(KIND));
    kind.is_none_or(|kind| kind & SHARED != 0)
}

const _: () = assert!(size_of::<c_int>() == 4);
