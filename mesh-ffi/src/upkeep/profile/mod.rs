//! The heap profile of this process, with `MESH_PROF=1`: which places in the program hold memory.
//!
//! ```text
//!  malloc ── the thread's word leads to a heap with nothing at hand, so each request comes to the slow path
//!              └─ bytes are counted off (`is_due`); when a sample is due, the block gets pages of its own (`note`)
//!  free ───── what a thread's own heap does not take back may be a sample (`forget`)
//! ```
//!
//! A sample has the registers and a copy of the stack; it is unwound by who reads the profile. That is done in the launcher, out of a
//! file that is written at exit, when a signal asks, or for `mesh_mallctl("prof.dump")`; or out of the memory of the process.
//!
//! * `capture`: where a thread is, and what of its stack is there;
//! * `output`: files;
//! * `room`: memory.
//!
//! Without `MESH_PROF` each slow path looks at one flag, and no fast path at anything.

mod capture;
mod output;
mod room;

use core::ffi::c_int;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use heapprofile::{Header, Interval, Profile, mix};
use sync::Once;

use crate::ground::line::Line;
use crate::ground::request::PROFILE as REQUEST;
use crate::ground::tls;
use crate::upkeep::asked::{self, answer_aside};

pub(crate) use output::{prefix, set_prefix, write_next, write_to};

/// How the profile is to be.
#[derive(Clone, Copy)]
pub(crate) struct Settings {
    /// The mean number of bytes from one sample to the next.
    pub(crate) interval: Interval,
    /// Whether samples are taken from the start on.
    pub(crate) active: bool,
    /// Whether it is written at exit.
    pub(crate) last: bool,
    /// Whether it is told at exit how much lives.
    pub(crate) leaks: bool,
    /// The signal that has it written.
    pub(crate) signal: Option<c_int>,
    /// Bytes of each stack that are kept at most.
    pub(crate) stack: usize,
}

impl Settings {
    pub(crate) const USUAL: Self = Self {
        interval: Interval::USUAL,
        active: true,
        last: true,
        leaks: false,
        signal: None,
        stack: 8 << 10,
    };
}

/// What is written and read; there if the environment asked for it.
static PROFILE: Once<Profile<'static>> = Once::new();

/// Whether samples were taken from the start on.
static ACTIVE_AT_START: AtomicBool = AtomicBool::new(false);

/// Whether samples are taken now.
static ACTIVE: AtomicBool = AtomicBool::new(false);

/// Whether it is written at exit, and whether it is told how much lives then.
static LAST: AtomicBool = AtomicBool::new(false);
static LEAKS: AtomicBool = AtomicBool::new(false);

/// Where the profile is, and how many bytes there is room for. A reader looks it up by this name: see [`heapprofile::SYMBOL`].
#[unsafe(no_mangle)]
pub static mesh_heap_profile: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// Begins a profile. To be called by the constructor, once, before there are threads.
pub(crate) fn begin(settings: Settings) {
    let made = room::reserve().and_then(|room| {
        let words = room.words;
        Profile::new(room, settings.interval, settings.stack).map(|profile| (words, profile))
    });
    let Some((words, profile)) = made else {
        Line::new().text("no memory for a heap profile").print();
        return;
    };
    profile
        .stacks()
        .set(Header::Entry, capture::find_program() as u64);
    // SAFETY: the constructor's, so nobody else sets it.
    unsafe { PROFILE.set(profile) };
    let [address, bytes] = &mesh_heap_profile;
    bytes.store(size_of_val(words), Ordering::Relaxed);
    address.store(words.as_ptr().expose_provenance(), Ordering::Release);
    STATE.store(room::seed(), Ordering::Relaxed);
    LAST.store(settings.last, Ordering::Relaxed);
    LEAKS.store(settings.leaks, Ordering::Relaxed);
    ACTIVE_AT_START.store(settings.active, Ordering::Relaxed);
    ACTIVE.store(settings.active, Ordering::Relaxed);
    tls::watch();
    if let Some(signal) = settings.signal {
        let answer = || answer_aside(&REQUEST, output::write_asked);
        if !asked::listen(signal, &REQUEST, answer) {
            Line::new().text("no handler for MESH_PROF_SIGNAL").print();
        }
    }
}

/// Whether there is a profile.
#[inline(always)]
pub(crate) fn is_on() -> bool {
    tls::is_watching()
}

/// Whether samples were taken from the start on.
pub(crate) fn was_active_at_start() -> bool {
    ACTIVE_AT_START.load(Ordering::Relaxed)
}

/// Whether samples are taken.
pub(crate) fn is_active() -> bool {
    ACTIVE.load(Ordering::Relaxed)
}

/// Takes samples from now on, or none; says whether there is a profile for that.
pub(crate) fn set_active(active: bool) -> bool {
    if is_on() {
        ACTIVE.store(active, Ordering::Relaxed);
    }
    is_on() || !active
}

/// Whether the profile is written at exit.
pub(crate) fn is_written_last() -> bool {
    LAST.load(Ordering::Relaxed)
}

/// Whether it is told at exit how much lives.
pub(crate) fn tells_leaks() -> bool {
    LEAKS.load(Ordering::Relaxed)
}

/// The mean number of bytes from one sample to the next; zero where none are taken.
pub(crate) fn mean() -> u64 {
    PROFILE
        .value()
        .map_or(0, |profile| profile.interval().mean())
}

/// Begins anew: blocks that live were never sampled.
pub(crate) fn reset() {
    if let Some(profile) = PROFILE.value() {
        profile.reset();
    }
}

/// Counts `size` bytes off; says whether the block with them is to be a sample.
pub(crate) fn is_due(size: usize) -> bool {
    // A handler over a slow path may have interrupted another one who counts.
    if !is_active() || tls::inside() {
        return false;
    }
    let Some(profile) = PROFILE.value() else {
        return false;
    };
    let draw = || profile.interval().draw(random()) as usize;
    let left = match tls::bytes_to_sample() {
        // The thread's first block.
        0 => draw(),
        left => left,
    };
    let is_due = size >= left;
    tls::set_bytes_to_sample(if is_due { draw() } else { left - size });
    is_due
}

/// Makes the block of `size` bytes at `start` a sample. It is not one that the fast path takes back.
#[inline(never)]
pub(crate) fn note(start: NonNull<u8>, size: usize) {
    let context = capture::here();
    if let Some(profile) = PROFILE.value() {
        let (address, size) = (start.addr().get() as u64, size as u64);
        tls::within(|| {
            capture::renew_code();
            profile.sample(address, size, &context, capture::copy, capture::is_code);
        });
    }
}

/// Counts the block at `start` out if it is a sample. To be called before it is given back.
pub(crate) fn forget(start: NonNull<u8>) {
    if let Some(profile) = PROFILE.value() {
        profile.forget(start.addr().get() as u64);
    }
}

/// Has `resize` make the block at `start` one of `size` bytes, which then counts as a new one; if it cannot, the old one still counts.
pub(crate) fn over_resize(
    start: NonNull<u8>,
    size: usize,
    resize: impl FnOnce() -> Option<NonNull<u8>>,
) -> Option<NonNull<u8>> {
    let Some(profile) = PROFILE.value() else {
        return resize();
    };
    let address = start.addr().get() as u64;
    // Before: afterwards somebody else may have a block at this address.
    let taken = profile.take(address);
    let Some(resized) = resize() else {
        if let Some(taken) = taken {
            profile.restore(address, taken);
        }
        return None;
    };
    if let Some(taken) = taken {
        profile.count_out(taken);
    }
    if is_due(size) {
        note(resized, size);
    }
    Some(resized)
}

/// What the environment asked for at exit.
pub(crate) fn end() {
    if !is_on() {
        return;
    }
    let written = is_written_last() && output::write_last();
    if tells_leaks() {
        output::tell_leaks(written);
    }
}

/// The state of the generator.
static STATE: AtomicU64 = AtomicU64::new(0);

/// A random word (SplitMix64; Steele, Lea, Flood 2014).
fn random() -> u64 {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    mix(STATE.fetch_add(STEP, Ordering::Relaxed))
}
