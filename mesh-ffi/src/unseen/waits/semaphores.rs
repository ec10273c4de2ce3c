//! Semaphores, which other processes may post.

use libc::{c_int, clockid_t, sem_t, timespec};

use crate::ground::errno;
use crate::ground::next::next;
use crate::unseen::signals::Enders;

use super::Before;
use super::clocks::until;
use super::prelude::{Awaited, is_worthwhile};

next!(fn next_trywait = c"sem_trywait"(semaphore: *mut sem_t) -> c_int);

/// Before a wait for `semaphore`, until a time on `clock` if there is one at `end`.
#[cold]
#[inline(never)]
pub(crate) fn posted(semaphore: *mut sem_t, clock: clockid_t, end: *const timespec) -> Before {
    if !is_worthwhile() {
        return Before::Call;
    }
    let Some(timeout) = until(clock, end) else {
        return Before::Call;
    };
    let mut is_taken = false;
    let awaited = Awaited {
        is_there: &mut || {
            // SAFETY: the program's semaphore, which it waits for.
            is_taken = errno::preserved(|| unsafe { next_trywait(semaphore) }) == 0;
            is_taken
        },
        file: None,
        mask: None,
        enders: if end.is_null() {
            Enders::WithoutRestart
        } else {
            Enders::All
        },
        timeout,
    };
    match awaited.before() {
        Before::Call if is_taken => Before::Made(0),
        before => before,
    }
}
