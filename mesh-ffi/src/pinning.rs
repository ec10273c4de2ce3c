//! Memory that the program, or the kernel on its behalf, knows by its physical pages.
//!
//! Locked pages, pages with a protection of the program's own, and pages with advice would lose these properties when they
//! are mapped elsewhere. The functions that give them pin the heap's spans first, for as long as objects live there.

use core::ffi::c_void;

use libc::{c_int, c_uint, c_ulong, size_t};

use crate::hazards::during;
use crate::next::next;
use crate::peek::{Peeked, peek};
use crate::process::HEAP;
use crate::stop::{Reason, stop};
use crate::written::Written;
use crate::{errno, tls};

/// Keeps the object at `object` on its physical pages until `mesh_unpin`, for memory that is handed to a device or shared
/// with another process. Pins are counted. Returns 0, or -1 with EINVAL when no object is there.
#[unsafe(no_mangle)]
pub extern "C" fn mesh_pin(object: *const c_void) -> c_int {
    answer(tls::within(|| HEAP.global().pin(object.addr())))
}

/// Ends one `mesh_pin`. Returns 0, or -1 with EINVAL when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn mesh_unpin(object: *const c_void) -> c_int {
    answer(tls::within(|| HEAP.global().unpin(object.addr())))
}

fn answer(done: bool) -> c_int {
    if done {
        return 0;
    }
    errno::set(libc::EINVAL);
    -1
}

/// Pins what lies in `len` bytes at `start`.
pub(crate) fn pin(start: *const c_void, len: usize) {
    // A signal handler over a slow path of ours: its lock may be held.
    if !tls::inside() {
        tls::within(|| HEAP.global().pin_range(start.addr(), len));
    }
}

/// Pins what lies in `len` bytes at `start`, since the pages get a property that is to end with the objects there.
fn pin_with_property(start: *const c_void, len: usize) {
    pin(start, len);
    HEAP.global().note_property(start.addr(), len);
}

/// Advice that has a lasting effect which a program can tell.
fn is_lasting(advice: c_int) -> bool {
    /// `MADV_GUARD_INSTALL`, since Linux 6.13.
    const GUARD_INSTALL: c_int = 102;
    matches!(
        advice,
        libc::MADV_DONTFORK
            | libc::MADV_WIPEONFORK
            | libc::MADV_DONTDUMP
            | libc::MADV_HWPOISON
            | GUARD_INSTALL
    )
}

/// Declares a function of the C library that gives the pages of a range a property; `lasts` says whether it is one that objects
/// there later must not have.
macro_rules! pinning {
    ($function:ident = $name:literal ( $($after:ident : $after_type:ty),* ), lasts: $lasts:expr) => {
        /// The function of the C library of this name; the heap's objects in the range keep their pages.
        ///
        /// # Safety
        /// As for that function.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $function(start: *mut c_void, len: size_t $(, $after: $after_type)*) -> c_int {
            next!(fn next = $name(start: *mut c_void, len: size_t $(, $after: $after_type)*) -> c_int);
            if $lasts {
                pin_with_property(start, len);
            } else {
                pin(start, len);
            }
            // SAFETY: the same contract.
            unsafe { next(start, len $(, $after)*) }
        }
    };
}

pinning!(mlock = c"mlock"(), lasts: true);
pinning!(mlock2 = c"mlock2"(flags: c_uint), lasts: true);
pinning!(mprotect = c"mprotect"(protection: c_int), lasts: protection != libc::PROT_READ | libc::PROT_WRITE);
pinning!(pkey_mprotect = c"pkey_mprotect"(protection: c_int, key: c_int), lasts: true);
pinning!(madvise = c"madvise"(advice: c_int), lasts: is_lasting(advice));

/// A request of `ioctl` that makes a range of memory wait for a `userfaultfd` of the program's: a mapping can have one, so ours
/// leaves these pages alone.
#[inline]
pub(crate) fn before_registration(request: c_ulong, argument: usize) {
    /// `UFFDIO_REGISTER`.
    const REGISTER: c_ulong = 0xc020_aa00;
    if request != REGISTER {
        return;
    }
    if let Peeked::Value([start, len]) = peek(core::ptr::without_provenance::<[usize; 2]>(argument))
    {
        pin_with_property(core::ptr::without_provenance(start), len);
        HEAP.global().pages().leave_unwatched(start, len);
    }
}

/// `mlockall`: all pages are to stay in memory, so none is moved any more.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlockall(flags: c_int) -> c_int {
    next!(fn next = c"mlockall"(flags: c_int) -> c_int);
    stop(Reason::LockedMemory);
    if flags & libc::MCL_CURRENT != 0 && !tls::inside() {
        tls::within(|| HEAP.global().pages().give_up_unused());
    }
    // SAFETY: the same contract.
    unsafe { next(flags) }
}

/// `prctl`: a system call filter may kill the process for what a mesh does.
///
/// # Safety
/// As for the function of the C library, which takes up to four more arguments, each in a register of its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn prctl(
    option: c_int,
    second: usize,
    third: usize,
    fourth: usize,
    fifth: usize,
) -> c_int {
    next!(fn next = c"prctl"(option: c_int, second: usize, third: usize, fourth: usize, fifth: usize) -> c_int);
    if option == libc::PR_SET_SECCOMP {
        stop(Reason::Seccomp);
    }
    // Some options write to where their second or third argument points.
    let address = core::ptr::without_provenance::<u8>;
    let written = Written::NOTHING
        .object(address(second))
        .object(address(third));
    // SAFETY: the same contract.
    during(&written, || unsafe {
        next(option, second, third, fourth, fifth)
    })
}
