//! Files that something is read from.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use arena::Os;
use arena::os::syscall;
use libc::c_int;

use crate::ground::heap::HEAP;
use crate::unseen::signals::Enders;

use super::Before;
use super::prelude::{Awaited, is_worthwhile, poll};

/// Flags of a call that does not wait, or not for what a file is polled for.
const IMPATIENT: c_int = libc::MSG_DONTWAIT | libc::MSG_ERRQUEUE | libc::MSG_OOB;

/// A socket that gives up after a time gets one part in so many of that time before the call.
const GIVEN_UP_PART: u64 = 16;

/// Files that were all found ready before a program counts as one that reads what is there: then nothing is looked at as long as it
/// frees nothing, and reads on within a tick of the coarse clock.
const STREAM: u32 = 64;

/// Files that were found ready, one after the other, without one that was not.
static READY: AtomicU32 = AtomicU32::new(0);

/// When the last one was, in milliseconds of the coarse clock.
static READY_AT: AtomicU64 = AtomicU64::new(0);

/// The kernel's record of a terminal.
#[repr(C)]
struct Terminal {
    modes: [u32; 3],
    local: u32,
    line: u8,
    characters: [u8; 19],
}

/// What a call asks of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// Bytes.
    Bytes,
    /// Bytes that a socket receives.
    Message,
    /// A connection to a socket.
    Connection,
}

/// Before a call that waits until `file` can be read from.
#[cold]
#[inline(never)]
fn before(file: c_int, asked: Asked) -> Before {
    if is_streaming() || !is_worthwhile() {
        return Before::Call;
    }
    if poll(Some(file), 0) != 0 {
        note_ready();
        return Before::Call;
    }
    READY.store(0, Ordering::Relaxed);
    let Some((enders, timeout)) = patience(file, asked) else {
        return Before::Call;
    };
    let awaited = Awaited {
        is_there: &mut || poll(Some(file), 0) != 0,
        file: Some(file),
        mask: None,
        enders,
        timeout,
    };
    awaited.before()
}

/// Before a call that reads so many bytes, of which none may be wanted.
pub(crate) fn read(file: c_int, len: usize) -> Before {
    if len == 0 {
        return Before::Call;
    }
    before(file, Asked::Bytes)
}

/// Before a call that receives from `socket` with `flags`.
pub(crate) fn received(socket: c_int, flags: c_int) -> Before {
    if flags & IMPATIENT != 0 {
        return Before::Call;
    }
    before(socket, Asked::Message)
}

/// Before a call that takes a connection.
pub(crate) fn connected(socket: c_int) -> Before {
    before(socket, Asked::Connection)
}

/// Which handlers end a call that waits for `file`, and how many milliseconds may be taken before it; `None` if it does not wait,
/// but returns at once or when it wants to.
#[inline(never)]
fn patience(file: c_int, asked: Asked) -> Option<(Enders, c_int)> {
    if !may_wait(file) {
        return None;
    }
    // A socket takes connections or receives, and fails at the other.
    match option::<c_int>(file, libc::SO_ACCEPTCONN) {
        None => {
            let waits = asked == Asked::Bytes && !reads_nothing(file);
            return waits.then_some((Enders::WithoutRestart, -1));
        }
        Some(takes) if (takes != 0) != (asked == Asked::Connection) => return None,
        Some(_) => {}
    }
    let time = option::<[u64; 2]>(file, libc::SO_RCVTIMEO)?;
    let [seconds, microseconds] = time;
    if time == [0, 0] {
        return Some((Enders::WithoutRestart, -1));
    }
    let part =
        seconds.saturating_mul(1_000) / GIVEN_UP_PART + microseconds / (1_000 * GIVEN_UP_PART);
    Some((Enders::All, c_int::try_from(part).unwrap_or(c_int::MAX)))
}

fn clock_ms() -> u64 {
    HEAP.global().pages().os().clock_ms()
}

/// Notes that a file was found ready.
fn note_ready() {
    let ready = READY.load(Ordering::Relaxed);
    READY.store(ready.saturating_add(1), Ordering::Relaxed);
    READY_AT.store(clock_ms(), Ordering::Relaxed);
    HEAP.global().mark_gain();
}

/// Whether the program reads what is there. Cheap.
fn is_streaming() -> bool {
    READY.load(Ordering::Relaxed) >= STREAM
        && HEAP.global().is_gain_marked()
        && READY_AT.load(Ordering::Relaxed) == clock_ms()
}

/// Whether a read of `file` may wait.
fn may_wait(file: c_int) -> bool {
    let arguments = [file as usize, libc::F_GETFL as usize, 0, 0, 0, 0];
    // SAFETY: the call writes to no memory.
    let flags = unsafe { syscall(libc::SYS_fcntl, arguments) };
    let flags = flags as c_int;
    flags >= 0
        && flags & (libc::O_NONBLOCK | libc::O_PATH) == 0
        && flags & libc::O_ACCMODE != libc::O_WRONLY
}

/// What `option` of a socket is; `None` if it is no socket.
fn option<T: Default>(socket: c_int, option: c_int) -> Option<T> {
    let mut value = T::default();
    let mut len = size_of::<T>() as u32;
    let arguments = [
        socket as usize,
        libc::SOL_SOCKET as usize,
        option as usize,
        (&raw mut value).expose_provenance(),
        (&raw mut len).expose_provenance(),
        0,
    ];
    // SAFETY: the value, a number or several, and its length live across the call.
    let failed = unsafe { syscall(libc::SYS_getsockopt, arguments) } < 0;
    (!failed).then_some(value)
}

/// Whether `file` is a terminal of which a read returns without any byte: at once, or when some time has passed.
fn reads_nothing(file: c_int) -> bool {
    let mut terminal = Terminal {
        modes: [0; 3],
        local: 0,
        line: 0,
        characters: [0; 19],
    };
    let place = (&raw mut terminal).expose_provenance();
    let arguments = [file as usize, libc::TCGETS as usize, place, 0, 0, 0];
    // SAFETY: the record lives across the call.
    let is_terminal = unsafe { syscall(libc::SYS_ioctl, arguments) } >= 0;
    let least = terminal.characters.get(libc::VMIN).copied();
    is_terminal && terminal.local & libc::ICANON == 0 && least == Some(0)
}

const _: () = assert!(size_of::<libc::timeval>() == size_of::<[u64; 2]>());
