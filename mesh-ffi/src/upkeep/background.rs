//! A thread that does the upkeep, for programs that asked for it: then no thread of the program ever runs a mesh cycle.
//!
//! While the program works, it takes no more of the processors than upkeep in the program's threads would; while the program
//! idles, as much as there is to do.
//!
//! Threads do not survive a fork: in a child the slow paths do the upkeep, as without the thread.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::null_mut;

use arena::Os;
use arena::os::syscall;
use libc::{c_int, pthread_attr_t, pthread_t, timespec};

use crate::ground::heap::HEAP;
use crate::ground::pause::pause;
use crate::ground::resolved::own;
use crate::ground::{request, tls};

own!(fn attributes_init = c"pthread_attr_init" or libc::pthread_attr_init, (attributes: *mut pthread_attr_t) -> c_int);
own!(fn attributes_destroy = c"pthread_attr_destroy" or libc::pthread_attr_destroy, (attributes: *mut pthread_attr_t) -> c_int);
own!(fn set_stack_size = c"pthread_attr_setstacksize" or libc::pthread_attr_setstacksize, (attributes: *mut pthread_attr_t, size: usize) -> c_int);
own!(fn set_detach_state = c"pthread_attr_setdetachstate" or libc::pthread_attr_setdetachstate, (attributes: *mut pthread_attr_t, state: c_int) -> c_int);
own!(fn create = c"pthread_create" or libc::pthread_create, (thread: *mut pthread_t, attributes: *const pthread_attr_t, start: extern "C" fn(*mut c_void) -> *mut c_void, argument: *mut c_void) -> c_int);

/// Bytes of its stack. A cycle needs little; what the C library keeps for a thread comes on top.
const STACK: usize = 256 << 10;

/// Milliseconds between two looks at what is due, at least and at most.
const PAUSES: (u64, u64) = (1, 50);

/// Starts the thread; says whether that worked.
pub(crate) fn start() -> bool {
    let mut attributes = MaybeUninit::uninit();
    // SAFETY: room for attributes.
    if unsafe { attributes_init(attributes.as_mut_ptr()) } != 0 {
        return false;
    }
    // SAFETY: initialised above.
    unsafe { set_stack_size(attributes.as_mut_ptr(), STACK) };
    // SAFETY: as above.
    unsafe { set_detach_state(attributes.as_mut_ptr(), libc::PTHREAD_CREATE_DETACHED) };
    // Threads inherit the mask of their maker: the program's handlers are to run in its own threads.
    let mask = HEAP.global().pages().os().block_signals();
    let mut thread = MaybeUninit::uninit();
    // SAFETY: the function never returns and takes no argument.
    let failed = unsafe { create(thread.as_mut_ptr(), attributes.as_ptr(), run, null_mut()) };
    HEAP.global().pages().os().restore_signals(mask);
    // SAFETY: initialised above.
    unsafe { attributes_destroy(attributes.as_mut_ptr()) };
    let started = failed == 0;
    HEAP.global().set_background(started);
    started
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

extern "C" fn run(_: *mut c_void) -> *mut c_void {
    let mut program = Program::new();
    loop {
        request::answer();
        tls::within(|| {
            while HEAP.global().upkeep_in_background(program.is_busy()) {}
            HEAP.look_after_sleepers_if_due();
        });
        pause(HEAP.global().period().clamp(PAUSES.0, PAUSES.1));
    }
}
