//! Profiles as files: what there is in memory, and behind that the text of `/proc/self/maps`.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_int};
use core::sync::atomic::{AtomicU32, Ordering};

use arena::os::syscall;
use heapprofile::Header;

use super::PROFILE;
use crate::ground::errno;
use crate::ground::line::Line;
use crate::ground::system;
use crate::upkeep::file::{BUFFER, Name, Output, Path};

/// What `MESH_PROF_PREFIX` says.
static PREFIX: Name = Name::none();

/// What files begin with if it says nothing.
const USUAL_PREFIX: &CStr = c"mesh";

/// Files that were written so far.
static WRITTEN: AtomicU32 = AtomicU32::new(0);

/// Notes what the names of files begin with; false when that is too long. To be called by the constructor.
pub(crate) fn set_prefix(prefix: &[u8]) -> bool {
    // SAFETY: the constructor's, and nobody has asked for it yet.
    unsafe { PREFIX.set(prefix) }
}

/// What the names of files begin with.
pub(crate) fn prefix() -> &'static CStr {
    PREFIX.as_c().unwrap_or(USUAL_PREFIX)
}

/// Writes a profile for the signal that asked for it.
pub(super) fn write_asked() {
    /// What writing needs beyond a little stack: any thread may be asked, and some have small stacks.
    struct Desk(UnsafeCell<(Path, [u8; BUFFER])>);
    // SAFETY: only who answers requests uses it, one thread at a time (`request::answer_all`).
    unsafe impl Sync for Desk {}
    static DESK: Desk = Desk(UnsafeCell::new((Path::EMPTY, [0; BUFFER])));
    // SAFETY: one thread at a time.
    let (path, buffer) = unsafe { &mut *DESK.0.get() };
    write_named(b's', path, buffer);
}

/// Writes the last one, at exit; says whether that worked.
pub(super) fn write_last() -> bool {
    let mut path = Path::EMPTY;
    write_named(b'f', &mut path, &mut [0; BUFFER])
}

/// Writes one under the next name, as the program asks for it; says whether that worked.
pub(crate) fn write_next() -> bool {
    let mut path = Path::EMPTY;
    write_named(b'm', &mut path, &mut [0; BUFFER])
}

/// Writes one to the file `path`; an error number when that fails, or when there is no profile (ENOENT).
pub(crate) fn write_to(path: &CStr) -> Result<(), c_int> {
    write(path, &mut [0; BUFFER])
}

/// Writes one to the file `PREFIX.PROCESS.NUMBER.KIND.heap`; complains, and says so, if that fails.
fn write_named(kind: u8, path: &mut Path, buffer: &mut [u8; BUFFER]) -> bool {
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed) as usize;
    let prefix = prefix().to_bytes();
    let mut suffix = Line::bare();
    suffix
        .text(".")
        .number(system::process_number() as usize)
        .text(".")
        .number(number)
        .text(".")
        .raw(&[kind])
        .text(".heap");
    let written = path.join(prefix, suffix.bytes()) && write(path.as_c(), buffer).is_ok();
    if !written {
        Line::new().text("no heap profile in ").raw(prefix).print();
    }
    written
}

fn write(path: &CStr, buffer: &mut [u8; BUFFER]) -> Result<(), c_int> {
    let profile = PROFILE.value().ok_or(libc::ENOENT)?;
    errno::preserved(|| {
        let stacks = profile.stacks();
        stacks.set(Header::Process, system::process_number() as u64);
        let mut file = Output::create(path, buffer)?;
        let used = stacks.used();
        for (number, word) in used.iter().enumerate() {
            let word = match number {
                // Others may go on meanwhile.
                number if number == Header::Used as usize => used.len() as u64,
                _ => word.load(Ordering::Relaxed),
            };
            file.put_bytes(&word.to_ne_bytes());
        }
        put_maps(&mut file);
        file.finish()
    })
}

/// Adds the text of `/proc/self/maps`, as far as it can be read.
fn put_maps(file: &mut Output<'_>) {
    let flags = (libc::O_RDONLY | libc::O_CLOEXEC) as usize;
    let path = c"/proc/self/maps".as_ptr().expose_provenance();
    let arguments = [libc::AT_FDCWD as usize, path, flags, 0, 0, 0];
    // SAFETY: the path is a string that lives across the call.
    let Ok(maps) = usize::try_from(unsafe { syscall(libc::SYS_openat, arguments) }) else {
        return;
    };
    let mut piece = [0_u8; 512];
    loop {
        let place = piece.as_mut_ptr().expose_provenance();
        let arguments = [maps, place, piece.len(), 0, 0, 0];
        // SAFETY: room for so many bytes.
        match usize::try_from(unsafe { syscall(libc::SYS_read, arguments) }) {
            Ok(read) if read > 0 => file.put_bytes(piece.get(..read).unwrap_or(&[])),
            _ => break,
        }
    }
    // SAFETY: opened above, and nobody else knows it.
    let _ = unsafe { syscall(libc::SYS_close, [maps, 0, 0, 0, 0, 0]) };
}

/// Says how much lives.
pub(super) fn tell_leaks(written: bool) {
    let Some(profile) = PROFILE.value() else {
        return;
    };
    let (bytes, blocks, samples) = profile.stacks().live();
    let mut line = Line::new();
    line.text("at exit about ")
        .number(bytes as usize)
        .text(" bytes live in ")
        .number(blocks as usize)
        .text(" blocks (")
        .number(samples as usize)
        .text(" samples)");
    if written {
        line.text("; `mesh profile` says where, of the file");
    }
    line.print();
}
