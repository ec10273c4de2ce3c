//! Maps of a running program: the signal that `MESH_MAP_SIGNAL` names asks, and the next thread that comes by writes the map and puts
//! it in the file's place.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_int};

use crate::ground::request::MAP;
use crate::upkeep::asked::{self, answer_aside};
use crate::upkeep::file::{self, BUFFER, Path};

use super::{WANTED, complain, write};

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
    if WANTED.get().is_none() {
        return Err(Deaf::NoFile);
    }
    let answer = || answer_aside(&MAP, write_wanted);
    match asked::listen(signal, &MAP, answer) {
        true => Ok(()),
        false => Err(Deaf::NoHandler),
    }
}

/// Writes the map to the file that the environment named.
fn write_wanted() {
    if let Some(name) = WANTED.get() {
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
        if !self.aside.join(self.path.as_c().to_bytes(), b".part") {
            return false;
        }
        let aside = self.aside.as_c();
        let replaced =
            write(aside, &mut self.buffer).is_ok() && file::rename(aside, self.path.as_c()).is_ok();
        if !replaced {
            file::remove(aside);
        }
        replaced
    }
}

/// Whether another file may take the place of `path`: it is a file, or not there, but no device, pipe or link.
fn is_replaceable(path: &CStr) -> bool {
    match file::kind(path) {
        Ok(kind) => kind == libc::S_IFREG,
        Err(error) => error == libc::ENOENT,
    }
}
