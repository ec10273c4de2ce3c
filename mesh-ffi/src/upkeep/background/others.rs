//! What the program's threads do, and other programs.

use arena::os::syscall;
use libc::timespec;

use crate::ground::system;

/// A program is busy that takes more than one part in so many of one processor's time.
const BUSY_SHARE: u64 = 16;

/// Nanoseconds after which it is looked again whether a program that was idle still is.
const LOOK_NS: u64 = 5_000_000;

/// Nanoseconds that it takes at most to offer one's processor to others when none of them wants it.
const OFFER_NS: u64 = 50_000;

/// Nanoseconds for which a processor counts as wanted after somebody else was given it.
const WANTED_NS: u64 = 20_000_000;

/// What the other threads of the process do, looked at every now and then.
pub(super) struct Others {
    /// When it was last looked at, and what they had taken by then, in nanoseconds.
    looked: u64,
    taken: u64,
    busy: bool,
    /// How often this thread was displaced from its processor, as last looked at.
    displaced: i64,
    /// Until when they count as wanting it after the last time.
    wanted_until: u64,
}

impl Others {
    /// The time, and what other threads than this one have taken.
    fn look() -> (u64, u64) {
        let process = nanoseconds(libc::CLOCK_PROCESS_CPUTIME_ID);
        let own = nanoseconds(libc::CLOCK_THREAD_CPUTIME_ID);
        (
            nanoseconds(libc::CLOCK_MONOTONIC),
            process.saturating_sub(own),
        )
    }

    /// Seen for the first time, they count as busy.
    pub(super) fn new() -> Self {
        let (looked, taken) = Self::look();
        Self {
            looked,
            taken,
            busy: true,
            displaced: displacements(),
            wanted_until: 0,
        }
    }

    /// What they had taken when it was last looked at.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether they do next to nothing.
    pub(super) fn are_idle(&mut self) -> bool {
        let (now, taken) = Self::look();
        let passed = now.saturating_sub(self.looked);
        if passed >= LOOK_NS {
            let share = taken.saturating_sub(self.taken).saturating_mul(BUSY_SHARE);
            (self.looked, self.taken, self.busy) = (now, taken, share > passed);
        }
        !self.busy
    }

    /// Whether nobody wants the processor that this thread runs on: it was not given to others for a while, is offered, and comes
    /// back at once.
    pub(super) fn leave_a_processor(&mut self) -> bool {
        let before = nanoseconds(libc::CLOCK_MONOTONIC);
        let displaced = displacements();
        if displaced != self.displaced {
            (self.displaced, self.wanted_until) = (displaced, before + WANTED_NS);
        }
        if before < self.wanted_until {
            return false;
        }
        system::yield_now();
        nanoseconds(libc::CLOCK_MONOTONIC).saturating_sub(before) < OFFER_NS
    }
}

/// How often the calling thread was taken off its processor for somebody else although it had more to do, or had its offer taken.
fn displacements() -> i64 {
    // SAFETY: zeros are a value of the type.
    let mut usage: libc::rusage = unsafe { core::mem::zeroed() };
    let room = (&raw mut usage).expose_provenance();
    let arguments = [libc::RUSAGE_THREAD as usize, room, 0, 0, 0, 0];
    // SAFETY: room for the answer. Refused, it is the same number each time.
    let _ = unsafe { syscall(libc::SYS_getrusage, arguments) };
    usage.ru_nivcsw
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

/// How many threads the process has, this one included; `None` where the system does not say.
#[inline(never)]
pub(super) fn thread_count() -> Option<u64> {
    // SAFETY: zeros are a value of the type.
    let mut status: libc::stat = unsafe { core::mem::zeroed() };
    let arguments = [
        libc::AT_FDCWD as usize,
        c"/proc/self/task".as_ptr().expose_provenance(),
        (&raw mut status).expose_provenance(),
        0,
        0,
        0,
    ];
    // SAFETY: a string, and room for the answer.
    let failed = unsafe { syscall(libc::SYS_newfstatat, arguments) } != 0;
    // Each thread has a directory, and each directory a link to the one above it.
    (!failed).then(|| status.st_nlink.saturating_sub(2) as u64)
}
