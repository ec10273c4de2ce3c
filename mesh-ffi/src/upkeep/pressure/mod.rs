//! When memory is scarce, the heap is compacted at once, whatever the period.
//!
//! ```text
//!  upkeep, by whom it is due ── once a second ──► asks
//!  a slow path, at its begin ─┐
//!  a wait ────────────────────┤ outside of all locks of ours: looks, aside, and compacts if memory is scarce
//!  the background thread ─────┘
//! ```
//!
//! For a look some files are open for a moment. A program with one thread may rely on which descriptor it is given next: it looks itself, with
//! signals blocked, even where there is a thread of ours, which then does the rest.
//!
//! * `relief`: what is done.

mod relief;

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use heap::Upkeep;
use pressure::{LOOK_MS, Watch};

use crate::ground::files::Kernel;
use crate::ground::heap::HEAP;
use crate::ground::reach::is_filtered;
use crate::ground::single::has_one_thread;
use crate::ground::{errno, process, request, tls};

pub(crate) use relief::times;

/// Whether pressure is looked for.
static WATCHING: AtomicBool = AtomicBool::new(false);

/// When it is looked for again, in milliseconds.
static NEXT_LOOK: AtomicU64 = AtomicU64::new(0);

/// Whether memory was seen to be scarce by a thread that leaves the rest to ours.
static LEFT: AtomicBool = AtomicBool::new(false);

struct Guarded(UnsafeCell<Watch>);

// SAFETY: only who answers requests uses it, one thread at a time (`request::answer_all`).
unsafe impl Sync for Guarded {}

static WATCH: Guarded = Guarded(UnsafeCell::new(Watch::new()));

/// Looks for pressure from now on.
pub(crate) fn watch() {
    NEXT_LOOK.store(now() + LOOK_MS, Ordering::Relaxed);
    WATCHING.store(true, Ordering::Relaxed);
    request::PRESSURE.answer_with(answer);
}

/// Looks for none from now on; what has begun is completed.
pub(crate) fn look_away() {
    WATCHING.store(false, Ordering::Relaxed);
}

/// Whether pressure is looked for.
pub(crate) fn is_watching() -> bool {
    WATCHING.load(Ordering::Relaxed)
}

/// So many hundredths of the bytes that the process may use: those of its control group, or of the machine.
#[inline(never)]
pub(crate) fn share_of_permitted(percent: u64) -> usize {
    let mut text = [0; 4096];
    let permitted = pressure::permitted(&Kernel, &mut text);
    let share = u128::from(permitted) * u128::from(percent) / 100;
    usize::try_from(share).unwrap_or(usize::MAX)
}

fn now() -> u64 {
    HEAP.global().pages().clock_ms()
}

/// Has somebody look, if that is due. Of several threads that find it due, one asks.
pub(super) fn ask_if_due(now: u64) {
    if !is_watching() {
        return;
    }
    let due = NEXT_LOOK.load(Ordering::Relaxed);
    if now < due {
        return;
    }
    let next = now.saturating_add(LOOK_MS);
    let claimed = NEXT_LOOK.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed);
    if claimed.is_ok() {
        request::PRESSURE.ask();
    }
}

/// A look was asked for.
fn answer() {
    if tls::inside() || is_ours_to_look() || !process::is_ours() {
        return;
    }
    let look = || errno::preserved(|| tls::within(|| request::PRESSURE.answer_all(look)));
    let has_run = HEAP.global().pages().run_aside(look).is_some();
    // Not in a loop: the program goes on in between.
    if has_run && relief::is_under_way() {
        request::PRESSURE.ask();
    }
}

/// Whether the thread of the library looks.
fn is_ours_to_look() -> bool {
    HEAP.global().below().is_in_background() && !has_one_thread()
}

/// The same in the thread of the library, and what was left to it.
pub(super) fn answer_in_background() {
    if is_ours_to_look() {
        tls::within(|| request::PRESSURE.answer_all(look));
    }
    // What the program's thread began before there was this one.
    if relief::is_under_way() {
        tls::within(relief::complete);
    }
    if LEFT.load(Ordering::Relaxed) && LEFT.swap(false, Ordering::Relaxed) {
        tls::within(|| {
            if relief::begin(now()) {
                relief::complete();
            }
        });
    }
}

/// Looks, and has the heap compacted if memory is scarce.
fn look() {
    // What the program's own filter of system calls lets through is what the program calls.
    if is_filtered() {
        return;
    }
    let is_helped = HEAP.global().below().is_in_background();
    if relief::is_under_way() {
        if !is_helped {
            relief::go_on();
        }
        return;
    }
    // SAFETY: one thread at a time answers requests.
    let watch = unsafe { &mut *WATCH.0.get() };
    let now = now();
    let is_scarce = watch.look(&Kernel, now);
    NEXT_LOOK.store(now.saturating_add(watch.pause()), Ordering::Relaxed);
    if !is_scarce {
        return;
    }
    if !is_helped {
        if relief::begin(now) {
            relief::go_on();
        }
    } else if has_one_thread() {
        LEFT.store(true, Ordering::Relaxed);
    } else if relief::begin(now) {
        relief::complete();
    }
}
