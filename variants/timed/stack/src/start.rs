//! The constructor: what the environment asks for.

use core::ffi::c_char;

use arena::os::syscall;

use crate::clock::{least_difference, ran};
use crate::lock::{self, RecordedLock};
use crate::machine::ticks;
use crate::record::{Header, MAGIC};
use crate::{marks, recorder};

const VARIABLE: &[u8] = b"MESH_LOCKS=";

// The first of the library's own constructors, or the second: before threads are there.
#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn(i32, *const *const c_char, *const *const c_char) = begin;

/// Begins to record if the environment says where to.
extern "C" fn begin(_: i32, _: *const *const c_char, environment: *const *const c_char) {
    // SAFETY: the loader passes the environment, which ends with null.
    let Some(path) = (unsafe { value(environment) }) else {
        return;
    };
    match recorder::map(path) {
        Some(header) => start(header),
        None => complain(b"libmesh_timed: the file of MESH_LOCKS cannot be written\n"),
    }
}

/// What the variable has for a path, with a zero at its end.
///
/// # Safety
/// `environment` is null, or points to strings of which the last is null.
unsafe fn value(mut environment: *const *const c_char) -> Option<*const u8> {
    if environment.is_null() {
        return None;
    }
    loop {
        // SAFETY: not behind the null at the end.
        let line = unsafe { environment.read() }.cast::<u8>();
        if line.is_null() {
            return None;
        }
        let mut rest = line;
        let mut matches = true;
        for &byte in VARIABLE {
            // SAFETY: all bytes before this one are those of the variable, so the string's end is not behind us.
            if unsafe { rest.read() } != byte {
                matches = false;
                break;
            }
            // SAFETY: not the zero at the end.
            rest = unsafe { rest.add(1) };
        }
        if matches {
            return Some(rest);
        }
        // SAFETY: this was not the last.
        environment = unsafe { environment.add(1) };
    }
}

fn start(header: *mut Header) {
    let lock = lock::lock as extern "C" fn(&RecordedLock) as usize;
    let try_lock = lock::try_lock as extern "C" fn(&RecordedLock) -> bool as usize;
    let unlock = lock::unlock as unsafe extern "C" fn(&RecordedLock) as usize;
    let end = |function: extern "C" fn()| function as usize as u64;
    let first = Header {
        magic: MAGIC,
        base: base(),
        begins: [lock, try_lock, unlock].map(|at| at as u64),
        ends: [marks::taken, marks::refused, marks::opened].map(|at: extern "C" fn()| end(at)),
        overhead: least_difference(ticks),
        ran_overhead: least_difference(ran),
        count: 0,
        reserved: [0; 5],
    };
    recorder::begin(header, first);
}

unsafe extern "C" {
    /// The start of this library, by the linker.
    #[link_name = "__ehdr_start"]
    static EHDR: u8;
}

fn base() -> u64 {
    (&raw const EHDR).addr() as u64
}

fn complain(line: &[u8]) {
    let arguments = [2, line.as_ptr().addr(), line.len(), 0, 0, 0];
    // SAFETY: the kernel reads the line.
    let _ = unsafe { syscall(libc::SYS_write, arguments) };
}
