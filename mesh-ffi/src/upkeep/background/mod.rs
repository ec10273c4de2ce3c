//! A thread that does the upkeep.
//!
//! Where it is [asked for](Wanted::Always), no thread of the program ever runs a mesh cycle. Else one begins by itself in a program
//! that has several threads, when there is something to gain, and ends when the program has one thread again.
//!
//! While the program works, it takes no more of the processors than upkeep in the program's threads would, but for what nobody else
//! wants; while the program idles, as much as there is to do.
//!
//! Threads do not survive a fork: the child of a process in which one was asked for begins one of its own when one of its threads
//! first comes by a slow path.

mod others;

use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use heap::Upkeep;

use crate::ground::heap::HEAP;
use crate::ground::loaded::is_shared;
use crate::ground::reach::is_filtered;
use crate::ground::single::has_one_thread;
use crate::ground::{process, request, tls};
use crate::unseen::own_thread;
use crate::upkeep::{pressure, published};

use others::{Others, thread_count};

/// Milliseconds between two looks at what is due, at least and at most; and at most while the program does nothing at all.
const PAUSES: (u64, u64) = (1, 50);
const LONGEST_PAUSE: u64 = 800;

/// Milliseconds that the program's thread must have been alone before this one ends: others may come soon.
const ALONE_MS: u64 = 500;

/// When there is to be such a thread.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Never,
    /// In programs with several threads, when there is something to gain.
    Auto,
    Always,
}

/// What was asked for, as a number.
static WANTED: AtomicU8 = AtomicU8::new(Wanted::Never as u8);

/// Milliseconds between two looks whether a thread would be useful, at least.
const BETWEEN_LOOKS_MS: u64 = 4;

/// When it is looked again whether a thread would be useful, in milliseconds.
static NEXT_LOOK: AtomicU64 = AtomicU64::new(0);

/// Whether the system has refused a thread: it is not asked again.
static REFUSED: AtomicBool = AtomicBool::new(false);

/// Whether one is there, or would be, however little there is to gain.
pub(crate) fn is_wanted_always() -> bool {
    is_wanted(Wanted::Always)
}

fn is_wanted(wanted: Wanted) -> bool {
    WANTED.load(Ordering::Relaxed) == wanted as u8
}

/// Whether the user wants none, whatever the program says.
static FORBIDDEN: AtomicBool = AtomicBool::new(false);

/// The user wants none.
pub(crate) fn forbid() {
    FORBIDDEN.store(true, Ordering::Relaxed);
}

/// Begins a thread, or lets the one that is there end soon, as the program says; says whether it can.
pub(crate) fn switch(on: bool) -> bool {
    if on {
        let may_begin = is_shared() && !is_filtered() && !FORBIDDEN.load(Ordering::Relaxed);
        return may_begin && want(Wanted::Always);
    }
    let _ = want(Wanted::Never);
    HEAP.global().below().set_background(false);
    true
}

/// Does what is wanted now, or lets it happen later; says whether it can.
pub(crate) fn want(wanted: Wanted) -> bool {
    WANTED.store(wanted as u8, Ordering::Relaxed);
    match wanted {
        Wanted::Never => true,
        Wanted::Auto => {
            request::THREAD.answer_with(begin_if_useful);
            HEAP.global().call_for_help(|| request::THREAD.ask());
            true
        }
        Wanted::Always => {
            request::THREAD.answer_with(begin_if_useful);
            begin()
        }
    }
}

/// Begins the thread; says whether it runs.
#[inline(never)]
fn begin() -> bool {
    let started = own_thread::run(run);
    HEAP.global().below().set_background(started);
    started
}

/// A cycle has begun in a thread of the program, or this is the child of a fork.
fn begin_if_useful() {
    // A child that shares its parent's memory has nothing to look after, and a filter of the program's may end it.
    if tls::inside() || !process::is_ours() {
        return;
    }
    request::THREAD.answer_all(|| {
        let is_there = HEAP.global().below().is_in_background();
        if !is_there && !REFUSED.load(Ordering::Relaxed) {
            tls::within(consider);
        }
    });
}

/// Begins the thread, if it is useful. Here, and not on the stack of the upkeep: whoever wants that does not wait.
#[inline(never)]
fn consider() {
    if is_wanted(Wanted::Never) {
        return;
    }
    if (is_wanted_always() || is_useful()) && !begin() {
        REFUSED.store(true, Ordering::Relaxed);
    }
}

/// Whether there is something to gain, in a program of several threads. Looked at every now and then.
#[inline(never)]
fn is_useful() -> bool {
    let now = HEAP.global().pages().clock_ms();
    if has_one_thread() || now < NEXT_LOOK.load(Ordering::Relaxed) || is_filtered() {
        return false;
    }
    NEXT_LOOK.store(now + BETWEEN_LOOKS_MS, Ordering::Relaxed);
    let heap = HEAP.global();
    thread_count().is_some_and(|count| count > 1) && heap.could_gain(heap.pages().dirty_bytes())
}

/// Whether the program has no thread any more but one and this, and did not ask for it.
fn is_alone() -> bool {
    !is_wanted_always() && thread_count().is_some_and(|count| count <= 2)
}

/// Does what is due.
fn help(others: &mut Others) {
    let heap = HEAP.global();
    while !own_thread::should_end() {
        let is_spare = others.are_idle() || heap.is_worth_more() && others.leave_a_processor();
        if !is_spare {
            heap.upkeep_in_background();
            break;
        }
        if !heap.upkeep_in_spare_time() {
            break;
        }
    }
    HEAP.look_after_sleepers_if_due();
}

extern "C" fn run() {
    let heap = HEAP.global();
    let mut others = Others::new();
    let mut pause = PAUSES.0;
    let start = heap.pages().clock_ms();
    let (mut company, mut next_look) = (start, start);
    while !own_thread::should_end() {
        request::MAP.answer();
        published::answer_in_background();
        let before = others.taken();
        tls::within(|| help(&mut others));
        pressure::answer_in_background();
        let is_quiet = others.taken() == before;
        let now = heap.pages().clock_ms();
        if !is_quiet || heap.period() < PAUSES.1 {
            let next = heap.below().next_upkeep().saturating_sub(now);
            pause = next.min(heap.period()).clamp(PAUSES.0, PAUSES.1);
        } else {
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
        let mut ends = is_wanted(Wanted::Never);
        if now >= next_look {
            next_look = now + ALONE_MS / 4;
            if !is_alone() {
                company = now;
            } else {
                ends |= now.saturating_sub(company) >= ALONE_MS;
            }
        }
        if ends {
            // In this order: who begins another one from now on waits until this one is gone, and says then that one is there.
            own_thread::retire();
            heap.below().set_background(false);
            if is_wanted_always() {
                request::THREAD.ask();
            }
            return;
        }
        own_thread::sleep(pause);
    }
}
