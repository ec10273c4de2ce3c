//! How long a call was asked to wait.

use libc::{c_int, timespec};

use crate::peek::{Peeked, peek};

use super::{UNKNOWN, before_sleep};

/// A time as milliseconds for [`waiting`](super::parts::waiting): negative for a null pointer, zero for a pointer that is none, which makes the
/// call fail.
pub(super) fn milliseconds(time: *const timespec) -> c_int {
    if time.is_null() {
        return -1;
    }
    let Peeked::Value(time) = peek(time) else {
        return 0;
    };
    let whole = time.tv_sec.saturating_mul(1_000);
    let all = whole.saturating_add((time.tv_nsec + 999_999) / 1_000_000);
    c_int::try_from(all.max(0)).unwrap_or(c_int::MAX)
}

/// Milliseconds that are not negative as a time.
pub(super) fn time_of(milliseconds: c_int) -> timespec {
    timespec {
        tv_sec: i64::from(milliseconds / 1_000),
        tv_nsec: i64::from(milliseconds % 1_000) * 1_000_000,
    }
}

/// Before a sleep of `time`, or without end if that is null.
pub(super) fn before_time(time: *const timespec) {
    if time.is_null() {
        return before_sleep(UNKNOWN);
    }
    // A pointer that is none makes the call fail, which is not our business.
    let Peeked::Value(time) = peek(time) else {
        return;
    };
    let milliseconds = time
        .tv_sec
        .saturating_mul(1_000)
        .saturating_add(time.tv_nsec / 1_000_000);
    if time.tv_sec != 0 || time.tv_nsec != 0 {
        before_sleep(u64::try_from(milliseconds).unwrap_or(0).max(1));
    }
}
