//! How long until a time, or for it.

use core::cell::{Cell, UnsafeCell};
use core::mem::MaybeUninit;

use arena::os::syscall;
use libc::{c_int, clockid_t, timespec};

use crate::ground::reach::peek;

const MILLISECOND: i64 = 1_000_000;
const SECOND: i64 = 1_000_000_000;

/// Nanoseconds of a time; `None` for one that calls do not take.
fn nanoseconds(time: timespec) -> Option<i64> {
    let is_time = time.tv_sec >= 0 && (0..SECOND).contains(&time.tv_nsec);
    is_time.then(|| {
        time.tv_sec
            .saturating_mul(SECOND)
            .saturating_add(time.tv_nsec)
    })
}

/// The time at `place`, in nanoseconds.
pub(super) fn at(place: *const timespec) -> Option<i64> {
    nanoseconds(peek(place)?)
}

/// What `clock` shows, in nanoseconds.
pub(super) fn now(clock: clockid_t) -> i64 {
    let mut time = MaybeUninit::<timespec>::zeroed();
    let place = time.as_mut_ptr().expose_provenance();
    // SAFETY: the time lives across the call.
    let _ = unsafe { syscall(libc::SYS_clock_gettime, [clock as usize, place, 0, 0, 0, 0]) };
    // SAFETY: zeros, or what the call wrote.
    nanoseconds(unsafe { time.assume_init() }).unwrap_or(0)
}

/// Milliseconds of so many nanoseconds, for a wait that must not end later: zero if there are none.
pub(super) fn milliseconds(nanoseconds: i64) -> c_int {
    c_int::try_from(nanoseconds.max(0) / MILLISECOND).unwrap_or(c_int::MAX)
}

/// Milliseconds until the time at `place`, on `clock`: negative where there is no place. `None` for one that calls do not take.
pub(super) fn until(clock: clockid_t, place: *const timespec) -> Option<c_int> {
    if place.is_null() {
        return Some(-1);
    }
    Some(milliseconds(at(place)?.saturating_sub(now(clock))))
}

/// The time that a call may take which may be made later than the program has made it.
pub(crate) struct Left {
    /// What the program gave.
    place: *const timespec,
    /// When the wait began, on the clock that nobody sets, and its nanoseconds. Zero before anybody asked.
    begun: Cell<(i64, i64)>,
    /// What is left, for the call.
    left: UnsafeCell<timespec>,
}

impl Left {
    /// The time at `place`; none if that is null.
    pub(crate) fn new(place: *const timespec) -> Self {
        let left = timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        Self {
            place,
            begun: Cell::new((0, 0)),
            left: UnsafeCell::new(left),
        }
    }

    /// Milliseconds of it, negative if there is no end; zero for one that calls do not take. The time runs from now on.
    pub(crate) fn milliseconds(&self) -> c_int {
        if self.place.is_null() {
            return -1;
        }
        let span = at(self.place).unwrap_or(0);
        self.begun.set((now(libc::CLOCK_MONOTONIC), span));
        milliseconds(span)
    }

    /// What the call is to be given.
    pub(crate) fn pointer(&self) -> *const timespec {
        let (start, span) = self.begun.get();
        if span == 0 {
            return self.place;
        }
        let passed = now(libc::CLOCK_MONOTONIC).saturating_sub(start);
        let left = span.saturating_sub(passed).max(0);
        let time = timespec {
            tv_sec: left / SECOND,
            tv_nsec: left % SECOND,
        };
        // SAFETY: the calling thread's, and nobody else has a reference.
        unsafe { self.left.get().write(time) };
        self.left.get()
    }
}
