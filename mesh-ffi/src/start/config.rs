//! The environment.

use core::ffi::{CStr, c_char, c_int};

use arena::HugePages;
use heapprofile::{Interval, LARGEST_STACK};

use crate::face::summary::SummaryFormat;
use crate::ground::clock::auxiliary;
use crate::ground::heap::Heap;
use crate::ground::line::Line;
use crate::upkeep::background::Wanted;
use crate::upkeep::profile;

use super::conf;
#[cfg(jemalloc_names)]
use super::malloc_conf;
use super::near_miss::meant;

/// Which write barrier is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WantedBarrier {
    /// The better one that can be had.
    Auto,
    Userfaultfd,
    Mprotect,
}

/// The most that the heap may take.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WantedLimit {
    Bytes(usize),
    /// Hundredths of what the control group may use, or of the machine's memory.
    Share(u64),
}

/// What the environment says; `None` keeps the default.
pub(crate) struct Config {
    pub(crate) meshing: Option<bool>,
    pub(crate) period_ms: Option<u64>,
    /// How long unused pages stay; -1 for always.
    pub(crate) decay_ms: Option<i64>,
    pub(crate) mappings: Option<usize>,
    /// The most that the heap may take.
    pub(crate) limit: Option<WantedLimit>,
    /// Bytes that a thread keeps.
    pub(crate) thread_cache: Option<usize>,
    /// Hundredths of a busy program's time.
    pub(crate) effort: Option<u64>,
    /// Whether large blocks lie on huge pages.
    pub(crate) huge_pages: HugePages,
    /// Whether mappings have names.
    pub(crate) names: Option<bool>,
    pub(crate) background: Wanted,
    /// Whether the heap is compacted when memory is scarce.
    pub(crate) pressure: bool,
    pub(crate) barrier: WantedBarrier,
    pub(crate) summary: SummaryFormat,
    /// Whether misuse of the heap ends the program.
    pub(crate) abort: bool,
    /// Whether libraries may be loaded with RTLD_DEEPBIND.
    pub(crate) deep_binding: bool,
    /// The signal that asks for a map.
    pub(crate) map_signal: Option<c_int>,
    /// Whether there is to be a heap profile, and how.
    pub(crate) profiles: bool,
    pub(crate) profile: profile::Settings,
}

const DEFAULT: Config = Config {
    meshing: None,
    period_ms: None,
    decay_ms: None,
    mappings: None,
    limit: None,
    thread_cache: None,
    effort: None,
    huge_pages: HugePages::AsUsual,
    names: None,
    background: Wanted::Auto,
    pressure: true,
    barrier: WantedBarrier::Auto,
    summary: SummaryFormat::Nothing,
    abort: true,
    deep_binding: false,
    map_signal: None,
    profiles: false,
    profile: profile::Settings::USUAL,
};

/// Reads the variables that are ours. A mistake is one line on standard error, and the default stays.
///
/// # Safety
/// `environment` is null or a list of strings that ends with null.
pub(crate) unsafe fn read(environment: *const *const c_char) -> Config {
    let mut config = DEFAULT;
    // A program with more rights than its user listens to nobody.
    // SAFETY: has no preconditions.
    if environment.is_null() || unsafe { auxiliary(libc::AT_SECURE) } != 0 {
        return config;
    }
    #[cfg(jemalloc_names)]
    {
        malloc_conf::read_of_program(&mut config);
        // SAFETY: the same contract.
        unsafe {
            each(environment, |variable| {
                apply_foreign(&mut config, variable.to_bytes())
            })
        };
    }
    let (mut file, mut several) = (None, None);
    let mut find = |variable: &'static CStr| {
        if let Some(name) = value_of(variable, c"MESH_CONF_FILE=") {
            file = Some(name);
        } else if let Some(text) = value_of(variable, c"MESH_CONF=") {
            several = Some(text);
        }
    };
    // SAFETY: the same contract.
    unsafe { each(environment, &mut find) };
    conf::read_file_of(&mut config, file);
    if let Some(several) = several {
        conf::read(&mut config, several.to_bytes());
    }
    // SAFETY: the same contract.
    unsafe {
        each(environment, |variable| {
            apply(&mut config, variable.to_bytes())
        })
    };
    config
}

/// What follows `name`, which ends with `=`, in a variable that begins with it.
fn value_of(variable: &'static CStr, name: &CStr) -> Option<&'static CStr> {
    let bytes = variable.to_bytes_with_nul();
    CStr::from_bytes_with_nul(bytes.strip_prefix(name.to_bytes())?).ok()
}

/// Passes each string of a list to `act`.
///
/// # Safety
/// `list` is a list of strings that ends with null, and stays as it is.
unsafe fn each(list: *const *const c_char, mut act: impl FnMut(&'static CStr)) {
    let mut at = list;
    loop {
        // SAFETY: not past the null that ends the list.
        let string = unsafe { at.read() };
        if string.is_null() {
            return;
        }
        // SAFETY: a string of the list.
        act(unsafe { CStr::from_ptr(string) });
        // SAFETY: there is at least the null behind.
        at = unsafe { at.add(1) };
    }
}

/// A variable that is jemalloc's.
#[cfg(jemalloc_names)]
fn apply_foreign(config: &mut Config, variable: &[u8]) {
    if let Some(text) = variable.strip_prefix(b"MALLOC_CONF=") {
        malloc_conf::read(config, text);
    }
}

fn apply(config: &mut Config, variable: &[u8]) {
    let Some(equals) = variable.iter().position(|&byte| byte == b'=') else {
        return;
    };
    let (name, value) = (&variable[..equals], &variable[equals + 1..]);
    match apply_known(config, name, value) {
        Understood::Yes => {}
        Understood::No => complaint(name).text(", whose value means nothing").print(),
        Understood::NotOurs => {
            if let Some(ours) = meant(name, &NAMES) {
                complaint(name)
                    .text(", which is close to ")
                    .raw(ours)
                    .print();
            }
        }
    }
}

/// What became of a variable.
pub(super) enum Understood {
    Yes,
    /// Its value means nothing.
    No,
    /// It is none of ours.
    NotOurs,
}

/// Applies the variable `name`, if it is one of ours.
pub(super) fn apply_known(config: &mut Config, name: &[u8], value: &[u8]) -> Understood {
    let understood = match name {
        b"MALLOCSTATS" => match value {
            b"" | b"0" => true,
            b"1" => set(&mut config.summary, SummaryFormat::Text),
            b"json" => set(&mut config.summary, SummaryFormat::Json),
            _ => false,
        },
        b"MESH_ENABLED" => match value {
            b"0" => set(&mut config.meshing, Some(false)),
            b"1" => set(&mut config.meshing, Some(true)),
            _ => false,
        },
        b"MESH_BACKGROUND_THREAD" => match value {
            b"auto" => set(&mut config.background, Wanted::Auto),
            b"0" => set(&mut config.background, Wanted::Never),
            b"1" => set(&mut config.background, Wanted::Always),
            _ => false,
        },
        b"MESH_PRESSURE" => flag(value).is_some_and(|on| set(&mut config.pressure, on)),
        b"MESH_PERIOD_MS" => number(value).is_some_and(|ms| set(&mut config.period_ms, Some(ms))),
        b"MESH_DECAY_MS" => {
            number(value).is_some_and(|ms| set(&mut config.decay_ms, i64::try_from(ms).ok()))
        }
        b"MESH_EFFORT" => number(value)
            .filter(|&percent| percent <= 100)
            .is_some_and(|percent| set(&mut config.effort, Some(percent))),
        b"MESH_LIMIT" => limit(value).is_some_and(|limit| set(&mut config.limit, Some(limit))),
        b"MESH_MAX_MAPPINGS" => number(value)
            .is_some_and(|count| set(&mut config.mappings, usize::try_from(count).ok())),
        b"MESH_THREAD_CACHE_KB" => number(value)
            .and_then(|kb| usize::try_from(kb << 10).ok())
            .filter(|&bytes| bytes <= Heap::LARGEST_BUDGET)
            .is_some_and(|bytes| set(&mut config.thread_cache, Some(bytes))),
        b"MESH_BARRIER" => match value {
            b"auto" => set(&mut config.barrier, WantedBarrier::Auto),
            b"userfaultfd" => set(&mut config.barrier, WantedBarrier::Userfaultfd),
            b"mprotect" => set(&mut config.barrier, WantedBarrier::Mprotect),
            _ => false,
        },
        b"MESH_THP" => match value {
            b"auto" => set(&mut config.huge_pages, HugePages::AsUsual),
            b"never" => set(&mut config.huge_pages, HugePages::Never),
            b"always" => set(&mut config.huge_pages, HugePages::Always),
            _ => false,
        },
        b"MESH_NAMES" => match value {
            b"auto" => set(&mut config.names, None),
            _ => flag(value).is_some_and(|on| set(&mut config.names, Some(on))),
        },
        b"MESH_ABORT" => flag(value).is_some_and(|on| set(&mut config.abort, on)),
        b"MESH_DEEPBIND" => flag(value).is_some_and(|on| set(&mut config.deep_binding, on)),
        b"MESH_MAP" => crate::upkeep::map::set_file(value),
        b"MESH_MAP_SIGNAL" => signalname::request(value)
            .is_some_and(|signal| set(&mut config.map_signal, Some(signal))),
        b"MESH_PROF" => flag(value).is_some_and(|on| set(&mut config.profiles, on)),
        b"MESH_PROF_ACTIVE" => flag(value).is_some_and(|on| set(&mut config.profile.active, on)),
        b"MESH_PROF_FINAL" => flag(value).is_some_and(|on| set(&mut config.profile.last, on)),
        b"MESH_PROF_LEAK" => flag(value).is_some_and(|on| set(&mut config.profile.leaks, on)),
        b"MESH_PROF_PREFIX" => profile::set_prefix(value),
        b"MESH_PROF_SAMPLE" => size(value)
            .and_then(|bytes| Interval::new(bytes as u64))
            .is_some_and(|interval| set(&mut config.profile.interval, interval)),
        b"MESH_PROF_SIGNAL" => signalname::request(value)
            .is_some_and(|signal| set(&mut config.profile.signal, Some(signal))),
        b"MESH_PROF_STACK_KB" => number(value)
            .and_then(|kb| usize::try_from(kb << 10).ok())
            .filter(|&bytes| bytes <= LARGEST_STACK)
            .is_some_and(|bytes| set(&mut config.profile.stack, bytes)),
        // They name others, and were read.
        b"MESH_CONF" | b"MESH_CONF_FILE" => true,
        _ => return Understood::NotOurs,
    };
    match understood {
        true => Understood::Yes,
        false => Understood::No,
    }
}

/// The beginning of a line about a variable. It never has the value: that of another program's variable may be a secret.
fn complaint(name: &[u8]) -> Line {
    let mut line = Line::new();
    line.text("ignored: ").raw(name);
    line
}

/// All names that are ours, and the one of libmesh_trace, which may stand in front of us.
const NAMES: [&[u8]; 28] = [
    b"MESH_ENABLED",
    b"MESH_BACKGROUND_THREAD",
    b"MESH_PRESSURE",
    b"MESH_PERIOD_MS",
    b"MESH_DECAY_MS",
    b"MESH_EFFORT",
    b"MESH_CONF",
    b"MESH_CONF_FILE",
    b"MESH_LIMIT",
    b"MESH_MAX_MAPPINGS",
    b"MESH_THREAD_CACHE_KB",
    b"MESH_BARRIER",
    b"MESH_THP",
    b"MESH_NAMES",
    b"MESH_ABORT",
    b"MESH_DEEPBIND",
    b"MESH_MAP",
    b"MESH_MAP_SIGNAL",
    b"MESH_PROF",
    b"MESH_PROF_ACTIVE",
    b"MESH_PROF_FINAL",
    b"MESH_PROF_LEAK",
    b"MESH_PROF_PREFIX",
    b"MESH_PROF_SAMPLE",
    b"MESH_PROF_SIGNAL",
    b"MESH_PROF_STACK_KB",
    b"MESH_TRACE",
    b"MALLOCSTATS",
];

pub(super) fn set<T>(place: &mut T, value: T) -> bool {
    *place = value;
    true
}

/// Zero or one.
fn flag(text: &[u8]) -> Option<bool> {
    match text {
        b"0" => Some(false),
        b"1" => Some(true),
        _ => None,
    }
}

/// Bytes (as for [`size`]) or a share (`80%`).
fn limit(text: &[u8]) -> Option<WantedLimit> {
    match text.split_last() {
        Some((b'%', rest)) => number(rest)
            .filter(|percent| (1..=100).contains(percent))
            .map(WantedLimit::Share),
        _ => size(text).map(WantedLimit::Bytes),
    }
}

/// Bytes (`2G`, `512M`, `65536K`, `1073741824`; powers of 1,024). Zero is never meant.
fn size(text: &[u8]) -> Option<usize> {
    let (&unit, rest) = text.split_last()?;
    let shift = match unit.to_ascii_uppercase() {
        b'K' => 10,
        b'M' => 20,
        b'G' => 30,
        b'T' => 40,
        _ => 0,
    };
    let digits = if shift == 0 { text } else { rest };
    let bytes = digits_of(digits, 15)?.checked_mul(1 << shift)?;
    let bytes = usize::try_from(bytes).ok()?;
    (bytes > 0).then_some(bytes)
}

/// A decimal number of at most nine digits.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    digits_of(text, 9)
}

/// A decimal number of at most so many digits, up to eighteen.
fn digits_of(text: &[u8], most: usize) -> Option<u64> {
    if text.is_empty() || text.len() > most {
        return None;
    }
    text.iter().try_fold(0, |value, digit| {
        digit
            .is_ascii_digit()
            .then(|| value * 10 + u64::from(digit - b'0'))
    })
}
