//! Why this process does not mesh.

use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};

use crate::ground::heap::HEAP;
use crate::ground::pause::pause;
use crate::ground::{process, reach, tls};
use crate::unseen::found::{self, Found};
use crate::unseen::signals;

/// What ended meshing, or kept it from beginning.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Reason {
    /// The environment said so.
    Asked = 1,
    /// There is no handler for faults at protected pages.
    NoHandler,
    /// The kernel may write to any object at any time.
    AsynchronousIo,
    /// The program wants all its pages to stay in memory.
    LockedMemory,
    /// A filter may kill the process for a system call that a mesh makes.
    Seccomp,
    /// The kernel keeps memory in its place, for itself or for devices.
    PinnedMemory,
    /// When a thread ends, the kernel writes to the locks on a list that the program keeps.
    RobustList,
}

static REASON: AtomicU8 = AtomicU8::new(0);

/// Whether the environment asked for meshing by name: then neither a system call filter nor what the kernel may write to ends it.
static INSISTED: AtomicBool = AtomicBool::new(false);

/// Notes that the environment asked for meshing by name.
pub(crate) fn insist() {
    INSISTED.store(true, Ordering::Relaxed);
}

/// Calls under way after which meshing may have to end. While there are some, nothing is meshed.
static HOLDS: AtomicU32 = AtomicU32::new(0);

/// Ends meshing for good. What is meshed stays so; nothing moves any more when this returns.
pub(crate) fn stop(reason: Reason) {
    if concerns(reason) {
        end(reason);
        wait_for_cycle();
    }
}

/// Makes `call`, after which nothing may be meshed any more if it `succeeded`. Nothing is meshed while it runs, since the
/// kernel may act on it before it returns; if it fails, meshing goes on as before.
pub(crate) fn stop_if<R: Copy>(
    reason: Reason,
    succeeded: impl Fn(R) -> bool,
    call: impl FnOnce() -> R,
) -> R {
    if reason == Reason::Seccomp {
        stop_if_filtered(succeeded, call)
    } else {
        stop_if_concerned(reason, succeeded, call)
    }
}

/// [`stop_if`] for a call that may install a filter of system calls. A process that shares our memory has filters of its own.
fn stop_if_filtered<R: Copy>(succeeded: impl Fn(R) -> bool, call: impl FnOnce() -> R) -> R {
    // Before the call: afterwards there may be no asking.
    let is_guest = process::is_guest();
    reach::expect_filter();
    let result = stop_if_concerned(Reason::Seccomp, &succeeded, call);
    if is_guest || !succeeded(result) {
        reach::forget_filter();
    } else {
        HEAP.global().pages().os().ask_no_more();
    }
    result
}

fn stop_if_concerned<R: Copy>(
    reason: Reason,
    succeeded: impl Fn(R) -> bool,
    call: impl FnOnce() -> R,
) -> R {
    let is_held = hold(reason);
    let result = call();
    if is_held {
        let_go(reason, succeeded(result));
    }
    result
}

/// Has nothing meshed until [`let_go`], if `reason` is one here; says whether it is.
#[inline(never)]
fn hold(reason: Reason) -> bool {
    if !concerns(reason) {
        return false;
    }
    // The fence in `wait_for_cycle` comes before its look at the cycle's lock, whose holders ask `may_mesh`.
    HOLDS.fetch_add(1, Ordering::Relaxed);
    wait_for_cycle();
    true
}

/// Lets meshing go on, or end if it `must_end`.
#[inline(never)]
fn let_go(reason: Reason, must_end: bool) {
    if must_end {
        end(reason);
    }
    // Release: the reason comes first. In the child of a fork the calls of other threads were forgotten.
    let less = |holds: u32| holds.checked_sub(1);
    let _ = HOLDS.fetch_update(Ordering::Release, Ordering::Relaxed, less);
}

/// Whether `reason` is one here. A process that shares our memory, as a child of `vfork` does, has filters of its own, and leaves
/// our pages alone; what it reads asynchronously comes into our memory.
fn concerns(reason: Reason) -> bool {
    match reason {
        Reason::Seccomp => !INSISTED.load(Ordering::Relaxed) && !process::is_guest(),
        Reason::LockedMemory | Reason::RobustList => !process::is_guest(),
        Reason::AsynchronousIo | Reason::PinnedMemory => !INSISTED.load(Ordering::Relaxed),
        Reason::Asked | Reason::NoHandler => true,
    }
}

fn end(reason: Reason) {
    // The first reason stays.
    let _ = REASON.compare_exchange(0, reason as u8, Ordering::Relaxed, Ordering::Relaxed);
    HEAP.global().disable_meshing();
}

/// In the child of a fork: calls of other threads are not under way.
pub(crate) fn forget_holds() {
    HOLDS.store(0, Ordering::Relaxed);
}

/// Waits until no mesh cycle is under way, and no fork between its locks and the system call: there no handler of the program runs.
/// A cycle of the thread itself, which this one interrupted, is not waited for.
fn wait_for_cycle() {
    while !tls::inside() && tls::within(|| HEAP.global().is_in_cycle()) {
        pause(1);
    }
}

/// Whether a cycle may begin.
fn may_mesh() -> bool {
    HOLDS.load(Ordering::Acquire) == 0
        && REASON.load(Ordering::Relaxed) == 0
        && signals::still_ours()
        && nothing_was_found()
}

/// Whether nothing was found that lets the kernel write to any object at any time, or nobody minds.
fn nothing_was_found() -> bool {
    if INSISTED.load(Ordering::Relaxed) {
        return true;
    }
    let reason = match found::look() {
        None => return true,
        Some(Found::Ring) => Reason::AsynchronousIo,
        Some(Found::Pins) => Reason::PinnedMemory,
    };
    // The cycle that asks is the only one.
    end(reason);
    false
}

/// Lets meshing begin, or go on after the program itself has switched it off; false when there is a reason against it. Our
/// handler is in place, or was, before anybody could ask for that.
pub(crate) fn resume() -> bool {
    let may = || REASON.load(Ordering::Relaxed) == 0;
    if may() {
        // SAFETY: the handler makes writers wait for the barrier. Should a raw system call have replaced it since, the
        // guard puts it back.
        unsafe { HEAP.global().enable_meshing_guarded(may_mesh) };
    }
    // The reason may have come meanwhile.
    if !may() {
        HEAP.global().disable_meshing();
    }
    may()
}

/// Why nothing is meshed; `None` when meshing is on.
pub(crate) fn reason() -> Option<&'static str> {
    Some(match REASON.load(Ordering::Relaxed) {
        0 if HEAP.global().meshing_enabled() => {
            let suffices = HEAP.global().barrier_suffices();
            return (!suffices).then_some("the C library's objects are among the program's");
        }
        0 => "mesh.enabled",
        value if value == Reason::Asked as u8 => "MESH_ENABLED=0",
        value if value == Reason::NoHandler as u8 => "no handler for SIGSEGV",
        value if value == Reason::AsynchronousIo as u8 => "asynchronous I/O",
        value if value == Reason::LockedMemory as u8 => "mlockall",
        value if value == Reason::PinnedMemory as u8 => "pinned memory",
        value if value == Reason::RobustList as u8 => "a list of robust futexes",
        _ => "seccomp",
    })
}
