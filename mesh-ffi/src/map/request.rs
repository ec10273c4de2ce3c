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
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use arena::Os;

use crate::process::{self, HEAP};
use crate::{errno, signals, tls};

use super::output::{self, BUFFER};
use super::path::{self, Path};
use super::{complain, write};

/// Whether a signal can ask.
static WATCHING: AtomicBool = AtomicBool::new(false);

/// Signals so far. Written by the handler.
static ASKED: AtomicU32 = AtomicU32::new(0);

/// What [`ASKED`] was when the last map was begun.
static ANSWERED: AtomicU32 = AtomicU32::new(0);

/// Whether a thread has the desk.
static BUSY: AtomicBool = AtomicBool::new(false);

/// What writing needs beyond a little stack: any thread may be asked to write, and some have small stacks.
struct Desk {
    path: Path,
    aside: Path,
    buffer: [u8; BUFFER],
}

struct Guarded(UnsafeCell<Desk>);

// SAFETY: only who has set `BUSY` uses it.
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
    if signals::listen(signal, on_request) {
        Ok(())
    } else {
        Err(Deaf::NoHandler)
    }
}

extern "C" fn on_request(_: c_int) {
    // Sequentially consistent: see `answer_all`.
    ASKED.fetch_add(1, Ordering::SeqCst);
    // So the thread's next request comes by, even one that its own slots could serve.
    tls::send_round();
}

/// Signals so far.
#[inline]
pub(super) fn asked() -> u32 {
    ASKED.load(Ordering::Relaxed)
}

/// Whether a signal can ask, so that one may end a wait.
#[inline]
pub(crate) fn is_watching() -> bool {
    WATCHING.load(Ordering::Relaxed)
}

/// Writes the map that was asked for, if one was. To be called where the calling thread has no lock of ours.
#[inline]
pub(crate) fn answer() {
    // Relaxed: what is not seen now is seen by the next who comes by.
    if ASKED.load(Ordering::Relaxed) != ANSWERED.load(Ordering::Relaxed) {
        answer_now();
    }
}

#[cold]
#[inline(never)]
fn answer_now() {
    // A handler over a slow path may hold a lock; a child that shares its parent's memory must write nothing.
    if tls::inside() || !process::is_ours() {
        return;
    }
    // No handler of the program may leave this by a jump.
    let os = HEAP.global().pages().os();
    let mask = os.block_signals();
    errno::preserved(|| tls::within(answer_all));
    os.restore_signals(mask);
}

/// Writes until nobody asks any more, or another thread does it.
fn answer_all() {
    // Who counts and then finds the desk taken relies on the other one, who gives it back and then looks whether somebody has
    // counted: all four are sequentially consistent.
    loop {
        let asked = ASKED.load(Ordering::SeqCst);
        if asked == ANSWERED.load(Ordering::Relaxed) || BUSY.swap(true, Ordering::SeqCst) {
            return;
        }
        ANSWERED.store(asked, Ordering::Relaxed);
        if let Some(name) = path::wanted() {
            // SAFETY: `BUSY` was not set.
            let desk = unsafe { &mut *DESK.0.get() };
            if !desk.write(name) {
                complain(name);
            }
        }
        BUSY.swap(false, Ordering::SeqCst);
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

/// In the child of a fork: what was asked of the parent is the parent's.
pub(crate) fn forget_requests() {
    ANSWERED.store(ASKED.load(Ordering::Relaxed), Ordering::Relaxed);
    BUSY.store(false, Ordering::Relaxed);
}
