//! `futex` and its newer forms, as `syscall` is called for them.

use core::ptr::{with_exposed_provenance, without_provenance};

use arena::os::syscall;
use libc::{c_int, c_long};

use super::kept::mark;
use super::marks::{Place, place};
use super::pairs;
use super::raw::{Arguments, PRIVATE, wake_private};
use crate::ground::heap::HEAP;
use crate::ground::reach::copy_in;
use crate::unseen::hazards::during;
use crate::unseen::rest::{Caller, resting};
use crate::unseen::waits::Before;
use crate::unseen::waits::clocks::Left;
use crate::unseen::waits::words::{self, Time};
use crate::unseen::written::Written;

/// `futex_waitv`.
pub(crate) const FUTEX_WAITV: c_long = 449;
/// `futex_wake`.
pub(crate) const FUTEX_WAKE: c_long = 454;
/// `futex_wait`.
pub(crate) const FUTEX_WAIT: c_long = 455;
/// `futex_requeue`.
pub(crate) const FUTEX_REQUEUE: c_long = 456;

/// Words of `struct futex_waitv`: a value, an address, flags.
const WAITER: usize = 3;

/// A form of the call: its number, and which argument has the flags. The first argument is the word; of the third, waking calls take
/// how many to wake.
#[derive(Clone, Copy)]
struct Form {
    number: c_long,
    flags: usize,
}

const CLASSIC: Form = Form {
    number: libc::SYS_futex,
    flags: 1,
};

impl Form {
    fn call(self, arguments: Arguments) -> isize {
        // SAFETY: the program's call, which reads and writes futexes at most.
        unsafe { syscall(self.number, arguments) }
    }

    fn call_private(self, mut arguments: Arguments) -> isize {
        if let Some(flags) = arguments.get_mut(self.flags) {
            *flags |= PRIVATE;
        }
        self.call(arguments)
    }

    fn is_private(self, arguments: &Arguments) -> bool {
        arguments
            .get(self.flags)
            .is_some_and(|flags| flags & PRIVATE != 0)
    }

    fn wait(self, arguments: Arguments) -> isize {
        let word = arguments[0];
        resting(Caller::Anybody, || match place(word) {
            _ if self.is_private(&arguments) => self.wait_alone(arguments),
            Place::Elsewhere => self.call(arguments),
            Place::Unmarked => self.call_private(arguments),
            Place::Marked => {
                // Another page may have left the mark.
                mark(word);
                self.call(arguments)
            }
        })
    }

    /// Waits where no other process may wake, and compacts the heap before if there is nobody else in this one.
    fn wait_alone(self, mut arguments: Arguments) -> isize {
        if !HEAP.global().may_gain() || self.number != libc::SYS_futex {
            return self.call(arguments);
        }
        let [word, operation, value, time, ..] = arguments;
        let operation = operation as c_int;
        let place = with_exposed_provenance(time);
        let time = match operation & libc::FUTEX_CMD_MASK {
            libc::FUTEX_WAIT => Time::For(Left::new(place)),
            _ if operation & libc::FUTEX_CLOCK_REALTIME != 0 => {
                Time::Until(libc::CLOCK_REALTIME, place)
            }
            _ => Time::Until(libc::CLOCK_MONOTONIC, place),
        };
        match words::woken(with_exposed_provenance(word), value as u32, &time) {
            Before::Interrupted => -(libc::EINTR as isize),
            Before::Call | Before::Made(_) => {
                arguments[3] = time.pointer().expose_provenance();
                self.call(arguments)
            }
        }
    }

    fn wake(self, mut arguments: Arguments) -> isize {
        let [word, _, count, ..] = arguments;
        match place(word) {
            _ if self.is_private(&arguments) => self.call(arguments),
            Place::Elsewhere => self.call(arguments),
            // Who waits by a bare system call has no flag.
            Place::Unmarked | Place::Marked => {
                let woken = self.call_private(arguments);
                // The kernel wakes one at least.
                let wanted = (count as c_int).max(1) as isize;
                if woken < 0 || woken >= wanted {
                    return woken;
                }
                arguments[2] = (wanted - woken) as usize;
                woken + self.call(arguments).max(0)
            }
        }
    }
}

/// `futex`.
pub(crate) fn futex(arguments: Arguments) -> isize {
    let [word, operation, .., other, _] = arguments;
    let plainly = || CLASSIC.call(arguments);
    match operation as c_int & libc::FUTEX_CMD_MASK {
        libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET => CLASSIC.wait(arguments),
        libc::FUTEX_WAKE | libc::FUTEX_WAKE_BITSET => CLASSIC.wake(arguments),
        libc::FUTEX_REQUEUE | libc::FUTEX_CMP_REQUEUE if operation & PRIVATE != 0 => plainly(),
        libc::FUTEX_REQUEUE | libc::FUTEX_CMP_REQUEUE => pairs::requeue(arguments),
        libc::FUTEX_WAKE_OP => {
            let written = Written::NOTHING.object(without_provenance::<u8>(other));
            during(&written, || match operation & PRIVATE {
                0 => pairs::wake_both(arguments),
                _ => plainly(),
            })
        }
        libc::FUTEX_LOCK_PI
        | libc::FUTEX_LOCK_PI2
        | libc::FUTEX_TRYLOCK_PI
        | libc::FUTEX_UNLOCK_PI => inheriting(operation, &[word], plainly),
        libc::FUTEX_WAIT_REQUEUE_PI | libc::FUTEX_CMP_REQUEUE_PI => {
            inheriting(operation, &[word, other], plainly)
        }
        _ => plainly(),
    }
}

/// Makes a call with futexes of which one lets its holder inherit priorities. The kernel knows who has it, so it is left where it is: pinned before
/// anybody waits. And it writes to it itself, under either barrier without waiting.
fn inheriting(operation: usize, words: &[usize], call: impl FnOnce() -> isize) -> isize {
    let mut written = Written::NOTHING;
    for &word in words {
        written = written.object(without_provenance::<u8>(word));
        if operation & PRIVATE == 0 {
            mark(word);
        }
    }
    during(&written, || resting(Caller::Anybody, call))
}

/// `futex_wait`, `futex_wake`, `futex_waitv` and `futex_requeue`.
pub(crate) fn newer(number: c_long, arguments: Arguments) -> isize {
    let form = Form { number, flags: 3 };
    match number {
        FUTEX_WAIT => form.wait(arguments),
        FUTEX_WAKE => form.wake(arguments),
        FUTEX_WAITV => {
            let [waiters, count, ..] = arguments;
            mark_waiters(waiters, count);
            resting(Caller::Anybody, || form.call(arguments))
        }
        _ => {
            let [waiters, _, wake, requeue, ..] = arguments;
            let first = mark_waiters(waiters, 2);
            let moved = form.call(arguments);
            let left =
                (wake as c_int as isize + requeue as c_int as isize - moved).min(i32::MAX as isize);
            match first {
                Some(word) if moved >= 0 && left > 0 && place(word) == Place::Marked => {
                    moved + wake_private(word, left as c_int)
                }
                _ => moved,
            }
        }
    }
}

/// Marks the words of the waiters at `waiters`, as many as the kernel takes, that lack the flag. Returns the first one.
fn mark_waiters(waiters: usize, count: usize) -> Option<usize> {
    const MOST: usize = 128;
    let mut first = None;
    for index in 0..count.min(MOST) {
        let at = waiters.wrapping_add(index * WAITER * size_of::<u64>());
        let mut waiter = [0; WAITER];
        if !copy_in(with_exposed_provenance(at), &mut waiter) {
            break;
        }
        let [_, word, flags] = waiter.map(|field| field as usize);
        if flags & PRIVATE == 0 {
            mark(word);
            if index == 0 {
                first = Some(word);
            }
        }
    }
    first
}
