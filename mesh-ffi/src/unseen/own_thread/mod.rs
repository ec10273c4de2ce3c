//! A thread of ours that the C library does not know, and that is gone when somebody would mind.
//!
//! The process ends when the program's last thread does, since the C library does not count this one. Calls that change what
//! only a process with one thread may change (`unshare`), or that the C library carries out in each thread that it knows
//! (`setuid`), are made while the thread is [`absent`]: it has ended before, and a new one begins afterwards.
//!
//! ```text
//!   none ── begin ──► starting ──► running
//!    ▲                                │
//!    └────── absent: told to end, awaited ◄┘   in the child of a fork: none
//! ```

mod memory;
#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
mod spawn;

use core::sync::atomic::{AtomicI32, AtomicU32, AtomicUsize, Ordering};

use arena::os::{Os, syscall};
use libc::{c_int, timespec};

use crate::ground::heap::HEAP;
use crate::ground::{process, system, tls};

use memory::Memory;

/// Parts of the process that the thread shares, and what the kernel does at its ends: as for any thread, but that it is told of
/// no other one.
const FLAGS: c_int = libc::CLONE_VM
    | libc::CLONE_FS
    | libc::CLONE_FILES
    | libc::CLONE_SIGHAND
    | libc::CLONE_THREAD
    | libc::CLONE_SYSVSEM
    | libc::CLONE_SETTLS
    | libc::CLONE_CHILD_CLEARTID;

/// What the thread runs: it looks at [`should_end`] every now and then, and returns when that says so. Zero before [`run`].
static BODY: AtomicUsize = AtomicUsize::new(0);

/// Where in its life the thread is, how many calls want it absent, and in which process: see [`State`].
static STATE: AtomicU32 = AtomicU32::new(0);

/// Not zero while the thread is to end. It sleeps on it.
static END: AtomicU32 = AtomicU32::new(0);

/// The number of the last thread that was begun.
static NUMBER: AtomicI32 = AtomicI32::new(0);

/// Zeroed and woken by the kernel when the thread ends.
static ALIVE: AtomicU32 = AtomicU32::new(0);

/// Where in its life the thread is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    None,
    Starting,
    Running,
}

/// What [`STATE`] says.
#[derive(Clone, Copy)]
struct State {
    phase: Phase,
    /// Calls that want the thread absent.
    absences: u32,
}

impl State {
    const PHASE_BITS: u32 = 2;
    const ABSENCE_BITS: u32 = 14;

    /// Marks the words of this process: a child finds its parent's, and begins anew.
    fn mark() -> u32 {
        process::generation() << (Self::PHASE_BITS + Self::ABSENCE_BITS)
    }

    fn of(word: u32) -> Self {
        let bits = Self::PHASE_BITS + Self::ABSENCE_BITS;
        if word >> bits << bits != Self::mark() {
            return Self {
                phase: Phase::None,
                absences: 0,
            };
        }
        Self {
            phase: match word & ((1 << Self::PHASE_BITS) - 1) {
                0 => Phase::None,
                1 => Phase::Starting,
                _ => Phase::Running,
            },
            absences: word >> Self::PHASE_BITS & ((1 << Self::ABSENCE_BITS) - 1),
        }
    }

    fn word(self) -> u32 {
        Self::mark() | self.absences << Self::PHASE_BITS | self.phase as u32
    }
}

/// Changes the state as `change` says, which waits by `None`; returns what it was.
fn change(change: impl Fn(State) -> Option<State>) -> State {
    loop {
        let word = STATE.load(Ordering::Acquire);
        let before = State::of(word);
        let Some(after) = change(before) else {
            system::yield_now();
            continue;
        };
        let exchanged =
            STATE.compare_exchange(word, after.word(), Ordering::AcqRel, Ordering::Acquire);
        if exchanged.is_ok() {
            return before;
        }
    }
}

/// Begins a thread that runs `body`, now and in children of this process that ask for it; says whether it runs.
pub(crate) fn run(body: extern "C" fn()) -> bool {
    BODY.store(body as usize, Ordering::Release);
    begin()
}

/// Begins the thread, unless it runs or is wanted absent; says whether one runs, or will.
pub(crate) fn begin() -> bool {
    if BODY.load(Ordering::Acquire) == 0 {
        return false;
    }
    // All signals are the program's business, and this thread must not be interrupted between the two steps: who wants ours
    // absent waits for the second.
    let os = HEAP.global().pages().os();
    let mask = os.block_signals();
    let before = change(|state| {
        Some(State {
            phase: match (state.phase, state.absences) {
                (Phase::None, 0) => Phase::Starting,
                (phase, _) => phase,
            },
            ..state
        })
    });
    let mut runs = true;
    if before.phase == Phase::None && before.absences == 0 {
        wait_until_gone();
        runs = spawned();
        let phase = if runs { Phase::Running } else { Phase::None };
        change(|state| Some(State { phase, ..state }));
    }
    os.restore_signals(mask);
    runs
}

/// Makes the kernel begin the thread; says whether it did.
fn spawned() -> bool {
    let Some(memory) = Memory::of_thread() else {
        return false;
    };
    END.store(0, Ordering::Relaxed);
    ALIVE.store(1, Ordering::Relaxed);
    // SAFETY: the memory is this thread's alone: the last one that used it is gone.
    let number = unsafe { spawn::spawn(memory.stack_end(), ALIVE.as_ptr(), memory.thread_block()) };
    let Ok(number) = i32::try_from(number) else {
        return false;
    };
    if number <= 0 {
        return false;
    }
    NUMBER.store(number, Ordering::Release);
    true
}

/// Where the thread begins, with all signals blocked.
extern "C" fn main() {
    // It has no heap, and makes none.
    tls::retire();
    let body = BODY.load(Ordering::Acquire);
    // SAFETY: `run` stored a function of this type before it made the first thread.
    let body = unsafe { core::mem::transmute::<usize, extern "C" fn()>(body) };
    body();
}

/// The thread, which calls, returns next by itself: the next that is [begun](begin) is another one.
pub(crate) fn retire() {
    change(|state| {
        let phase = match state.phase {
            Phase::Running => Phase::None,
            other => other,
        };
        Some(State { phase, ..state })
    });
}

/// Whether the thread, which asks, is to return.
pub(crate) fn should_end() -> bool {
    END.load(Ordering::Acquire) != 0
}

/// Lets the thread, which asks, sleep for so many milliseconds, or until it is to end.
pub(crate) fn sleep(milliseconds: u64) {
    let time = time_of(milliseconds);
    let arguments = [
        END.as_ptr() as usize,
        (libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG) as usize,
        0,
        (&raw const time).addr(),
        0,
        0,
    ];
    // SAFETY: the word and the time live across the call.
    let _ = unsafe { syscall(libc::SYS_futex, arguments) };
}

/// Makes `call` while there is no thread of ours.
#[inline(always)]
pub(crate) fn absent<T>(call: impl FnOnce() -> T) -> T {
    let was_ended = end_for_call();
    let result = call();
    if was_ended {
        begin_again();
    }
    result
}

/// Ends the thread until [`begin_again`] is called; says whether that must be. Apart from the functions that want it absent.
#[inline(never)]
fn end_for_call() -> bool {
    // A process that shares its memory with its parent has no such thread; the parent's goes on.
    if BODY.load(Ordering::Relaxed) == 0 || !process::is_ours() {
        return false;
    }
    let before = change(|state| {
        (state.phase != Phase::Starting).then_some(State {
            phase: Phase::None,
            absences: state.absences + 1,
        })
    });
    if before.phase == Phase::Running || before.absences > 0 {
        END.store(1, Ordering::Release);
        wake();
        wait_until_gone();
    }
    true
}

/// Lets the thread begin again, if nobody else wants it absent.
#[inline(never)]
fn begin_again() {
    let before = change(|state| {
        Some(State {
            absences: state.absences.saturating_sub(1),
            ..state
        })
    });
    let is_missed = before.absences <= 1 && HEAP.global().below().is_in_background();
    if is_missed && !begin() {
        HEAP.global().below().set_background(false);
    }
}

/// Ends the thread's sleep.
fn wake() {
    let arguments = [
        END.as_ptr() as usize,
        (libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG) as usize,
        1,
        0,
        0,
        0,
    ];
    // SAFETY: the word is a static.
    let _ = unsafe { syscall(libc::SYS_futex, arguments) };
}

/// Waits until the kernel does not know the last thread any more: it is listed for a moment after it has said that it ends.
fn wait_until_gone() {
    let number = NUMBER.load(Ordering::Acquire);
    while number != 0 && is_known(number) {
        if ALIVE.load(Ordering::Acquire) == 0 {
            system::yield_now();
            continue;
        }
        let time = time_of(1);
        // The kernel wakes who waits for a shared word.
        let arguments = [
            ALIVE.as_ptr() as usize,
            libc::FUTEX_WAIT as usize,
            1,
            (&raw const time).addr(),
            0,
            0,
        ];
        // SAFETY: the word and the time live across the call.
        let _ = unsafe { syscall(libc::SYS_futex, arguments) };
    }
}

/// Whether this process has a thread of this number.
fn is_known(number: c_int) -> bool {
    let process = system::process_number();
    let arguments = [process as usize, number as usize, 0, 0, 0, 0];
    // SAFETY: signal zero is none.
    let returned = unsafe { syscall(libc::SYS_tgkill, arguments) };
    returned != -(libc::ESRCH as isize)
}

fn time_of(milliseconds: u64) -> timespec {
    timespec {
        tv_sec: i64::try_from(milliseconds / 1000).unwrap_or(i64::MAX),
        tv_nsec: (milliseconds % 1000) as i64 * 1_000_000,
    }
}
