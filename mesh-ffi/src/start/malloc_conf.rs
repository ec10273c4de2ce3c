//! What the program and its user tell jemalloc: the program's variable `malloc_conf`, then the variable `MALLOC_CONF` of the environment.
//! Pairs with commas between, of a name and a value: `dirty_decay_ms:5000,background_thread:true`. Read in `libmesh-je.so` only, and before our own
//! variables, which count more. Most of these names mean nothing here.

use core::ffi::{CStr, c_char};
use core::ptr::null;

use heapprofile::Interval;

use crate::face::summary::SummaryFormat;
use crate::ground::line::Line;
use crate::ground::loaded::Name;
use crate::ground::resolved::in_front;
use crate::upkeep::background::Wanted;
use crate::upkeep::profile;

use super::config::{Config, number, set};

/// Reads what the program says in its variable, if it has one. To be called by the constructor.
pub(super) fn read_of_program(config: &mut Config) {
    let variable = in_front(const { Name::new(c"malloc_conf") }).cast::<*const c_char>();
    let text = if variable.is_null() {
        null()
    } else {
        // SAFETY: a program that defines this name, which is jemalloc's, has a pointer there.
        unsafe { variable.read() }
    };
    if !text.is_null() {
        // SAFETY: it points to a C string, if to anything.
        read(config, unsafe { CStr::from_ptr(text) }.to_bytes());
    }
}

/// Reads pairs. A mistake in one that means something here is one line on standard error, and the default stays.
pub(super) fn read(config: &mut Config, text: &[u8]) {
    for pair in text.split(|&byte| byte == b',') {
        let Some(colon) = pair.iter().position(|&byte| byte == b':') else {
            continue;
        };
        let (name, value) = (&pair[..colon], &pair[colon + 1..]);
        let understood = match name {
            b"dirty_decay_ms" => match value {
                b"-1" => set(&mut config.decay_ms, Some(-1)),
                _ => number(value)
                    .is_some_and(|ms| set(&mut config.decay_ms, i64::try_from(ms).ok())),
            },
            b"background_thread" => truth(value).is_some_and(|on| {
                let wanted = if on { Wanted::Always } else { Wanted::Auto };
                set(&mut config.background, wanted)
            }),
            b"stats_print" => truth(value).is_some_and(|on| {
                let format = if on {
                    SummaryFormat::Text
                } else {
                    SummaryFormat::Nothing
                };
                set(&mut config.summary, format)
            }),
            b"prof" => truth(value).is_some_and(|on| set(&mut config.profiles, on)),
            b"prof_active" => truth(value).is_some_and(|on| set(&mut config.profile.active, on)),
            b"prof_final" => truth(value).is_some_and(|on| set(&mut config.profile.last, on)),
            b"prof_leak" => truth(value).is_some_and(|on| set(&mut config.profile.leaks, on)),
            b"prof_prefix" => profile::set_prefix(value),
            b"lg_prof_sample" => number(value)
                .and_then(|power| 1_u64.checked_shl(u32::try_from(power).ok()?))
                .and_then(Interval::new)
                .is_some_and(|interval| set(&mut config.profile.interval, interval)),
            _ => true,
        };
        if !understood {
            Line::new()
                .text("ignored: ")
                .raw(name)
                .text(" of malloc_conf, whose value means nothing")
                .print();
        }
    }
}

fn truth(value: &[u8]) -> Option<bool> {
    match value {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}
