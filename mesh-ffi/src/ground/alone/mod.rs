//! What does the work of the C library's functions in a static program, where ours are the only ones by their names.
//!
//! There the linker takes our `read`, and has no use for the C library's. So the work is done by system calls of our own, or by
//! functions of the C library that have other names too. Which of the latter are linked into the program depends on the C
//! library; see `linked`.
//!
//! * `linked`: the C library's by other names;
//! * `calls`: system calls as they are; `waits`: those that take other arguments than the function;
//! * `signals`, and `returning` from handlers; `forks`; `threads`;
//! * `newer`: functions that the C library may be too old for.

mod calls;
mod forks;
mod linked;
mod newer;
#[cfg_attr(target_arch = "aarch64", path = "returning/aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "returning/x86_64.rs")]
mod returning;
mod signals;
mod threads;
mod waits;

use core::ffi::{CStr, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use crate::ground::errno;
use crate::ground::line::Line;
use crate::ground::loaded::{Name, has_loader};
use crate::ground::resolved;

/// A function that does the work of the C library's of this name.
struct StandIn {
    name: Name,
    /// Where it is; null when the program does not have what it needs.
    function: Place,
}

/// Where a function is.
enum Place {
    /// Here.
    Ours(*const ()),
    /// Where the linker put the C library's, if it did.
    Linked(fn() -> *mut c_void),
}

// SAFETY: addresses of functions, which never change.
unsafe impl Sync for StandIn {}

impl StandIn {
    const fn new(name: &'static CStr, function: *const ()) -> Self {
        Self {
            name: Name::new(name),
            function: Place::Ours(function),
        }
    }

    const fn linked(name: &'static CStr, function: fn() -> *mut c_void) -> Self {
        Self {
            name: Name::new(name),
            function: Place::Linked(function),
        }
    }

    fn address(&self) -> *mut c_void {
        match self.function {
            Place::Ours(function) => function.cast_mut().cast(),
            Place::Linked(find) => find(),
        }
    }
}

/// All of them, by topic.
const ALL: [&[StandIn]; 5] = [
    calls::ALL,
    waits::ALL,
    signals::ALL,
    forks::ALL,
    threads::ALL,
];

/// Whether there is no loader: one of the three below. What a static program opens later does not count.
static ALONE: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = 0;
const NO: u8 = 1;
const YES: u8 = 2;

/// Whether this is a static program.
pub(crate) fn is_alone() -> bool {
    if ALONE.load(Ordering::Relaxed) == UNKNOWN {
        let found = if has_loader() { NO } else { YES };
        ALONE.store(found, Ordering::Relaxed);
    }
    ALONE.load(Ordering::Relaxed) == YES
}

/// The function that does the work of `name`; null when there is none, or when there is a loader, so that
/// the C library has it, unless that is older than the function.
pub(crate) fn stand_in(name: Name) -> *mut c_void {
    if !is_alone() {
        return find(newer::ALL, name);
    }
    ALL.iter()
        .map(|topic| find(topic, name))
        .find(|found| !found.is_null())
        .unwrap_or(null_mut())
}

/// The one of this name; null when there is none.
fn find(topic: &[StandIn], name: Name) -> *mut c_void {
    let found = topic.iter().find(|stand_in| stand_in.name == name);
    found.map_or(null_mut(), StandIn::address)
}

/// Has them do the work from now on. To be called by the constructor, when all names were looked up.
pub(crate) fn adopt() {
    if is_alone() {
        resolved::complete(stand_in);
    }
}

/// Says that a static program cannot have the function `name`; not twice in a row.
#[cold]
pub(crate) fn refuse(name: Name) {
    static LAST: AtomicUsize = AtomicUsize::new(0);
    let this = name.bytes().as_ptr().addr();
    if is_alone() && LAST.swap(this, Ordering::Relaxed) != this {
        Line::new()
            .raw(name.bytes())
            .text(" cannot be had in a static program")
            .print();
    }
}

/// What a function of C returns for what a system call returned: `errno` has the error.
fn answer(returned: isize) -> isize {
    if (-4095..0).contains(&returned) {
        errno::set(-returned as i32);
        -1
    } else {
        returned
    }
}
