//! A map of the heap: every span, as lines of JSON in a file.
//!
//! Asked for by `MESH_MAP=FILE`, then written at exit; in a running program by the signal `MESH_MAP_SIGNAL`, or by
//! `mesh_mallctl("map.write")`. The lock of a class is held while a few records are copied, never while something is written.
//!
//! * `lines`: what a map says;
//! * `request`: the signal.

mod lines;
mod request;

use core::ffi::{CStr, c_int};

use crate::ground::errno;
use crate::ground::heap::HEAP;
use crate::ground::line::Line;

use super::file::{BUFFER, Name, Output, Path};
use lines::write_lines;

pub(crate) use request::{Deaf, listen};

/// What `MESH_MAP` says.
static WANTED: Name = Name::none();

/// Notes where maps go; false when the name is too long. To be called by the constructor.
pub(crate) fn set_file(name: &[u8]) -> bool {
    // SAFETY: the constructor's, and nobody has asked for the name yet.
    unsafe { WANTED.set(name) }
}

/// Writes the map that the environment asked for, at exit.
pub(crate) fn write_if_asked() {
    let Some(name) = WANTED.get() else {
        return;
    };
    let mut path = Path::EMPTY;
    let written = path.expand(name) && write(path.as_c(), &mut [0; BUFFER]).is_ok();
    if !written {
        complain(name);
    }
}

/// Says that there is no map.
fn complain(name: &[u8]) {
    Line::new().text("no map in ").raw(name).print();
}

/// As `mesh_mallctl` asks for it: an error number when the file cannot be written.
pub(crate) fn write_to(path: &CStr) -> Result<(), c_int> {
    write(path, &mut [0; BUFFER])
}

fn write(path: &CStr, buffer: &mut [u8; BUFFER]) -> Result<(), c_int> {
    errno::preserved(|| {
        let mut file = Output::create(path, buffer)?;
        HEAP.global().between_cycles(|| write_lines(&mut file));
        file.finish()
    })
}
