//! A thread that does the upkeep, for programs that asked for it: then no thread of the program ever runs a mesh cycle.
//!
//! While the program works, it takes no more of the processors than upkeep in the program's threads would; while the program
//! idles, as much as there is to do.
//!
//! Threads do not survive a fork: a child begins one of its own when one of its threads first comes by a slow path.

use arena::os::syscall;
use libc::timespec;

use crate::ground::heap::HEAP;
use crate::ground::{process, request, tls};
use crate::unseen::own_thread;

/// Milliseconds between two looks at what is due, at least and at most.
const PAUSES: (u64, u64) = (1, 50);

/// Starts the thread; says whether that worked.
pub(crate) fn start() -> bool {
    request::THREAD.answer_with(start_in_child);
    let started = own_thread::run(run);
    HEAP.global().below().set_background(started);
    started
}

/// In the child of a fork, which has no such thread: begins one there too.
fn start_in_child() {
    // A child that shares its parent's memory has nothing to look after.
    if !tls::inside() && process::is_ours() {
        request::THREAD.answer_all(|| HEAP.global().below().set_background(own_thread::begin()));
    }
}

/// A program is busy that takes more than one part in so many of one processor's time.
const BUSY_SHARE: u64 = 16;

/// Nanoseconds after which it is looked again whether a program that was idle still is.
const LOOK_NS: u64 = 5_000_000;

/// What the other threads of the process do, looked at every now and then.
struct Program {
    /// When it was last looked at, and what they had taken by then, in nanoseconds.
    looked: u64,
    taken: u64,
    busy: bool,
}

impl Program {
    /// The time, and what other threads than this one have taken.
    fn look() -> (u64, u64) {
        let process = nanoseconds(libc::CLOCK_PROCESS_CPUTIME_ID);
        let own = nanoseconds(libc::CLOCK_THREAD_CPUTIME_ID);
        (
            nanoseconds(libc::CLOCK_MONOTONIC),
            process.saturating_sub(own),
        )
    }

    /// Seen for the first time, it counts as busy.
    fn new() -> Self {
        let (looked, taken) = Self::look();
        Self {
            looked,
            taken,
            busy: true,
        }
    }

    /// Whether it works.
    fn is_busy(&mut self) -> bool {
        let (now, taken) = Self::look();
        let passed = now.saturating_sub(self.looked);
        if passed >= LOOK_NS {
            let share = taken.saturating_sub(self.taken).saturating_mul(BUSY_SHARE);
            (self.looked, self.taken, self.busy) = (now, taken, share > passed);
        }
        self.busy
    }
}

/// What a clock says.
fn nanoseconds(clock: libc::clockid_t) -> u64 {
    let mut time = timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let arguments = [
        clock as usize,
        (&raw mut time).expose_provenance(),
        0,
        0,
        0,
        0,
    ];
    // SAFETY: room for a time; all clocks that are asked for exist.
    let _ = unsafe { syscall(libc::SYS_clock_gettime, arguments) };
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

extern "C" fn run() {
    let mut program = Program::new();
    while !own_thread::should_end() {
        request::MAP.answer();
        tls::within(|| {
            while HEAP.global().upkeep_in_background(program.is_busy()) && !own_thread::should_end()
            {
            }
            HEAP.look_after_sleepers_if_due();
        });
        own_thread::sleep(HEAP.global().period().clamp(PAUSES.0, PAUSES.1));
    }
}
