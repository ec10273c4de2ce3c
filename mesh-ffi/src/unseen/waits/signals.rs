//! Signals that are waited for.

use arena::SignalMask;
use libc::c_int;

use crate::unseen::signals::{Enders, Held};

use super::Before;
use super::prelude::{Awaited, is_worthwhile};

/// Before a call that any handler ends and nothing else, under a mask of its own if there is one.
#[cold]
#[inline(never)]
pub(crate) fn handled(mask: Option<SignalMask>) -> Before {
    if !is_worthwhile() {
        return Before::Call;
    }
    let awaited = Awaited {
        is_there: &mut || false,
        file: None,
        mask,
        enders: Enders::All,
        timeout: -1,
    };
    awaited.before()
}

/// Before a call that takes a signal of `set`, and that may be ended by handlers of others.
#[cold]
#[inline(never)]
pub(crate) fn taken(set: SignalMask, timeout: c_int, enders: Enders) -> Before {
    if !is_worthwhile() || timeout == 0 {
        return Before::Call;
    }
    let held = Held::begin();
    let would_run = set.0 & !held.outside().0 != 0;
    let ended = held.end_call(None, enders);
    if ended {
        return Before::Interrupted;
    }
    // One that the thread lets in would run its handler behind the slices.
    if would_run {
        return Before::Call;
    }
    let awaited = Awaited {
        is_there: &mut || Held::has_come(set),
        file: None,
        mask: None,
        enders,
        timeout,
    };
    awaited.before()
}
