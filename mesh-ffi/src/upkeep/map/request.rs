//! Maps of a running program: the signal that `MESH_MAP_SIGNAL` names asks, and the next thread that comes by writes.
//!
//! ```text
//!  the handler                  counts, and sends its thread the long way: it may have interrupted anything
//!  a slow path, at its begin ─┐
//!  a call that may sleep ─────┤ outside of all locks of ours: the map is written, aside, and put in the file's place
//!  the background thread ─────┘
//! ```
//!
//! Calls that the signal ends are the business of `watch`.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_int};
use core::sync::atomic::{AtomicBool, Ordering};

use arena::Os;

use crate::ground::heap::HEAP;
use crate::ground::{errno, process, request, system, tls};
use crate::unseen::signals;

use super::output::{self, BUFFER};
use super::path::{self, Path};
use super::{complain, write};

/// Whether a signal can ask.
static WATCHING: AtomicBool = AtomicBool::new(false);

/// Times that a thread with a map to write looks whether there is room aside, before it makes do without.
const MOST_TRIES: u32 = 1 << 10;

/// What writing needs beyond a little stack: any thread may be asked to write, and some have small stacks.
struct Desk {
    path: Path,
    aside: Path,
    buffer: [u8; BUFFER],
}

struct Guarded(UnsafeCell<Desk>);

// SAFETY: only who answers requests uses it, one thread at a time (`request::answer_all`).
unsafe impl Sync for Guarded {}

static DESK: Guarded = Guarded(UnsafeCell::new(Desk {
    path: Path::EMPTY,
    aside: Path::EMPTY,
    buffer: [0; BUFFER],
}));

/// Why no signal asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deaf {
    /// `MESH_MAP` names no file.
    NoFile,
    /// The system refused the handler.
    NoHandler,
}

/// Writes a map whenever `signal` comes, from now on. To be called by the constructor, after [`set_file`](super::set_file).
pub(crate) fn listen(signal: c_int) -> Result<(), Deaf> {
    if path::wanted().is_none() {
        return Err(Deaf::NoFile);
    }
    WATCHING.store(true, Ordering::Relaxed);
    request::MAP.answer_with(answer_now);
    if signals::listen(signal, on_request) {
        Ok(())
    } else {
        Err(Deaf::NoHandler)
    }
}

extern "C" fn on_request(_: c_int) {
    request::MAP.ask();
    // So the thread's next request comes by, even one that its own slots could serve.
    tls::send_round();
}

/// Whether a signal can ask, so that one may end a wait.
#[inline]
pub(crate) fn is_watching() -> bool {
    WATCHING.load(Ordering::Relaxed)
}

/// Writes the map that was asked for, unless this is not the moment.
fn answer_now() {
    // A handler over a slow path may hold a lock; a child that shares its parent's memory must write nothing.
    if tls::inside() || !process::is_ours() {
        return;
    }
    // No handler of the program may leave this by a jump; and the thread's stack may be small.
    let pages = HEAP.global().pages();
    let answer = || errno::preserved(|| tls::within(|| request::MAP.answer_all(write_wanted)));
    for _ in 0..MOST_TRIES {
        if pages.run_aside(answer).is_some() {
            return;
        }
        system::yield_now();
    }
    let mask = pages.os().block_signals();
    answer();
    pages.os().restore_signals(mask);
}

/// Writes the map to the file that the environment named.
fn write_wanted() {
    if let Some(name) = path::wanted() {
        // SAFETY: one thread at a time answers requests.
        let desk = unsafe { &mut *DESK.0.get() };
        if !desk.write(name) {
            complain(name);
        }
    }
}

impl Desk {
    /// Writes the map to the file `name`; says whether that worked.
    fn write(&mut self, name: &[u8]) -> bool {
        self.path.expand(name)
            && (is_replaceable(self.path.as_c()) && self.replace()
                || write(self.path.as_c(), &mut self.buffer).is_ok())
    }

    /// Writes the map aside and puts it in the file's place, so that who reads the file finds a whole map: this one, or the one
    /// before. Says whether that worked; the directory may not be ours to write to.
    fn replace(&mut self) -> bool {
        if !self.aside.set(self.path.as_c(), b".part") {
            return false;
        }
        let aside = self.aside.as_c();
        let replaced = write(aside, &mut self.buffer).is_ok()
            && output::rename(aside, self.path.as_c()).is_ok();
        if !replaced {
            output::remove(aside);
        }
        replaced
    }
}

/// Whether another file may take the place of `path`: it is a file, or not there, but no device, pipe or link.
fn is_replaceable(path: &CStr) -> bool {
    match output::kind(path) {
        Ok(kind) => kind == libc::S_IFREG,
        Err(error) => error == libc::ENOENT,
    }
}
