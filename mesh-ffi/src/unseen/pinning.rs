//! Memory that the program, or the kernel on its behalf, knows by its physical pages.
//!
//! Locked pages, pages with a protection of the program's own, and pages with advice would lose these properties when they
//! are mapped elsewhere. The functions that give them pin the heap's spans first, for as long as objects live there.

use core::ffi::c_void;
use core::ptr::without_provenance;

use libc::{c_int, c_uint, size_t};

use crate::ground::heap::HEAP;
use crate::ground::next::next;
use crate::ground::{errno, tls};
use crate::unseen::futexes::marks;
use crate::unseen::hazards::during;
use crate::unseen::stop::{Reason, stop_if};
use crate::unseen::written::Written;

/// Keeps the object at `object` on its physical pages until `mesh_unpin`, for memory that is handed to a device or shared
/// with another process. Pins are counted. Returns 0, or -1 with EINVAL when no object is there.
#[unsafe(no_mangle)]
pub extern "C" fn mesh_pin(object: *const c_void) -> c_int {
    // Somebody may wait there by a bare system call, or wake.
    marks::set(object.addr());
    answer(tls::within(|| HEAP.global().below().pin(object.addr())))
}

/// Ends one `mesh_pin`. Returns 0, or -1 with EINVAL when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn mesh_unpin(object: *const c_void) -> c_int {
    answer(tls::within(|| HEAP.global().below().unpin(object.addr())))
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
        tls::within(|| HEAP.global().below().pin_range(start.addr(), len));
    }
}

/// Takes back one [`pin`] of the same bytes, whose objects have lived since.
pub(crate) fn unpin(start: *const c_void, len: usize) {
    if !tls::inside() {
        tls::within(|| HEAP.global().below().unpin_range(start.addr(), len));
    }
}

/// Makes `call`, which gives the pages of `len` bytes at `start` a property. It `fails` with an error, if it does.
pub(crate) fn pinned<R: Copy>(
    start: *const c_void,
    len: usize,
    fails: impl FnOnce(R) -> Option<c_int>,
    call: impl FnOnce() -> R,
) -> R {
    // Before the call: its property would not come along in a mesh right after it.
    pin(start, len);
    let result = call();
    // After other errors some of the pages may have the property.
    if let Some(libc::EINVAL | libc::ENOSYS | libc::EPERM | libc::EFAULT) = fails(result) {
        unpin(start, len);
    }
    result
}

/// Advice that has a lasting effect which a program can tell.
pub(crate) fn is_lasting(advice: c_int) -> bool {
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

/// Whether pages with this protection are not as others.
pub(crate) fn is_unusual(protection: c_int) -> bool {
    protection != libc::PROT_READ | libc::PROT_WRITE
}

/// [`pinned`] for a property of which `lasts` says whether objects that are there later must not have it.
pub(crate) fn having_property<R: Copy>(
    lasts: bool,
    start: *const c_void,
    len: usize,
    fails: impl FnOnce(R) -> Option<c_int>,
    call: impl FnOnce() -> R,
) -> R {
    if lasts {
        HEAP.global().below().note_property(start.addr(), len);
    }
    pinned(start, len, fails, call)
}

/// Makes way for a `userfaultfd` of the program's, which is about to be registered for `len` bytes at `start`: a mapping can have
/// one.
pub(crate) fn make_way(start: usize, len: usize) {
    HEAP.global().below().note_property(start, len);
    pin(without_provenance(start), len);
    HEAP.global().pages().leave_unwatched(start, len);
}

/// The error of a function of the C library, if it failed.
fn failure(result: c_int) -> Option<c_int> {
    (result != 0).then(errno::value)
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
            let call = || {
                // SAFETY: the same contract.
                unsafe { next(start, len $(, $after)*) }
            };
            having_property($lasts, start, len, failure, call)
        }
    };
}

pinning!(mlock = c"mlock"(), lasts: true);
pinning!(mlock2 = c"mlock2"(flags: c_uint), lasts: true);
pinning!(mprotect = c"mprotect"(protection: c_int), lasts: is_unusual(protection));
pinning!(pkey_mprotect = c"pkey_mprotect"(protection: c_int, key: c_int), lasts: true);
pinning!(madvise = c"madvise"(advice: c_int), lasts: is_lasting(advice));

/// `mlockall`: all pages are to stay in memory, so none is moved any more.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlockall(flags: c_int) -> c_int {
    next!(fn next = c"mlockall"(flags: c_int) -> c_int);
    let call = || {
        // SAFETY: the same contract.
        unsafe { next(flags) }
    };
    locking_all(flags, |result| result == 0, call)
}

/// Makes the `call` of `mlockall` with these flags, of which `works` says whether it worked.
pub(crate) fn locking_all<R: Copy>(
    flags: c_int,
    works: impl Fn(R) -> bool,
    call: impl FnOnce() -> R,
) -> R {
    stop_if(Reason::LockedMemory, works, || {
        // What nobody uses is not to be filled with pages.
        if flags & libc::MCL_CURRENT != 0 && !tls::inside() {
            tls::within(|| HEAP.global().pages().give_up_unused());
        }
        call()
    })
}

/// `prctl`: a system call filter may kill the process for what a mesh does; a name is a property of pages.
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
    // SAFETY: the same contract.
    let call = || unsafe { next(option, second, third, fourth, fifth) };
    controlling(option, [second, third, fourth, fifth], failure, call)
}

/// Makes the `call` of `prctl` with these arguments. It `fails` with an error, if it does.
pub(crate) fn controlling<R: Copy>(
    option: c_int,
    arguments: [usize; 4],
    fails: impl Fn(R) -> Option<c_int>,
    call: impl FnOnce() -> R,
) -> R {
    // Some options write to where an argument points.
    let written = arguments.into_iter().fold(Written::NOTHING, |written, at| {
        written.object(without_provenance::<u8>(at))
    });
    let call = || during(&written, call);
    match option {
        libc::PR_SET_SECCOMP => stop_if(Reason::Seccomp, |result| fails(result).is_none(), call),
        libc::PR_SET_VMA => {
            let [_, start, len, _] = arguments;
            pinned(without_provenance(start), len, fails, call)
        }
        _ => call(),
    }
}
