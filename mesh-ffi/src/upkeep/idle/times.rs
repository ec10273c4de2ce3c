//! How long a call was asked to wait.

use libc::{c_int, timespec, timeval};
use meshheap::Sleep;

use crate::ground::reach::peek;
use crate::unseen::waits::schedule::Span;
use crate::unseen::waits::upkeep::UNKNOWN;

/// Nanoseconds of a second, and of a millisecond.
const SECOND: u64 = 1_000_000_000;
const MILLISECOND: u64 = 1_000_000;

/// The time that a call may take.
#[derive(Clone, Copy)]
pub(super) enum Time {
    /// None; or what was asked for makes the call fail.
    None,
    /// So many nanoseconds, at least one.
    Nanoseconds(u64),
    /// As long as it takes.
    Endless,
}

impl Time {
    /// So many seconds and nanoseconds; there may be too many of the latter.
    fn of(seconds: i64, nanoseconds: i64) -> Self {
        match (u64::try_from(seconds), u64::try_from(nanoseconds)) {
            (Ok(0), Ok(0)) | (Err(_), _) | (_, Err(_)) => Self::None,
            (Ok(seconds), Ok(nanoseconds)) => {
                Self::Nanoseconds(seconds.saturating_mul(SECOND).saturating_add(nanoseconds))
            }
        }
    }

    /// A time for `select`, which takes any number of microseconds.
    pub(super) fn of_timeval(time: timeval) -> Self {
        Self::of(time.tv_sec, time.tv_usec.saturating_mul(1_000))
    }

    /// A time for the other functions.
    pub(super) fn of_timespec(time: timespec) -> Self {
        match time.tv_nsec {
            nanoseconds if nanoseconds < SECOND.cast_signed() => Self::of(time.tv_sec, nanoseconds),
            _ => Self::None,
        }
    }

    /// The time at `place` as `value` has it; without end if that is null.
    pub(super) fn at<T: Copy>(place: *const T, value: impl FnOnce(T) -> Self) -> Self {
        if place.is_null() {
            return Self::Endless;
        }
        peek(place).map_or(Self::None, value)
    }

    /// Milliseconds, rounded up, for [`waiting`](super::parts::waiting): negative without end.
    pub(super) fn milliseconds(self) -> c_int {
        match self {
            Self::None => 0,
            Self::Nanoseconds(time) => {
                c_int::try_from(time.div_ceil(MILLISECOND)).unwrap_or(c_int::MAX)
            }
            Self::Endless => -1,
        }
    }

    /// A wait for this time.
    pub(super) fn wait(self) -> Sleep {
        Sleep(u64::try_from(self.milliseconds()).unwrap_or(UNKNOWN))
    }

    /// Nanoseconds; `None` without end.
    pub(super) fn nanoseconds(self) -> Option<u64> {
        match self {
            Self::None => Some(0),
            Self::Nanoseconds(time) => Some(time),
            Self::Endless => None,
        }
    }
}

/// So many nanoseconds.
pub(super) fn time_of_ns(nanoseconds: u64) -> timespec {
    timespec {
        tv_sec: (nanoseconds / SECOND).cast_signed(),
        tv_nsec: (nanoseconds % SECOND).cast_signed(),
    }
}

/// Milliseconds that are not negative as a time.
pub(super) fn time_of(milliseconds: c_int) -> timespec {
    time_of_ns(u64::from(milliseconds.unsigned_abs()) * MILLISECOND)
}

/// The time of a call that was asked to wait for so long; `None` if it is to be given what the program gave, or no end.
pub(super) fn time_of_span(span: Span) -> Option<timespec> {
    match span {
        Span::Part(milliseconds @ 0..) | Span::Rest(milliseconds @ 0..) => {
            Some(time_of(milliseconds))
        }
        Span::Part(_) | Span::Rest(_) | Span::AsAsked => None,
    }
}
