//! Why this process does not mesh.

use core::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use crate::ground::heap::HEAP;
use crate::ground::pause::pause;
use crate::ground::tls;
use crate::unseen::signals;

/// What ended meshing, or kept it from beginning.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Reason {
    /// The environment said so.
    Asked = 1,
    /// There is no handler for faults at protected pages.
    NoHandler,
    /// Devices may write to any object at any time.
    AsynchronousIo,
    /// The program wants all its pages to stay in memory.
    LockedMemory,
    /// A filter may kill the process for a system call that a mesh makes.
    Seccomp,
}

static REASON: AtomicU8 = AtomicU8::new(0);

/// Whether the environment asked for meshing by name: then a system call filter does not end it.
static INSISTED: AtomicBool = AtomicBool::new(false);

/// Notes that the environment asked for meshing by name.
pub(crate) fn insist() {
    INSISTED.store(true, Ordering::Relaxed);
}

/// Ends meshing for good. What is meshed stays so; nothing moves any more when this returns.
pub(crate) fn stop(reason: Reason) {
    if reason == Reason::Seccomp && INSISTED.load(Ordering::Relaxed) {
        return;
    }
    // The first reason stays.
    let _ = REASON.compare_exchange(0, reason as u8, Ordering::Relaxed, Ordering::Relaxed);
    HEAP.global().disable_meshing();
    if !tls::inside() {
        wait_for_cycle();
    }
}

/// Waits until no mesh cycle is under way. A thread that forks is not waited for: its handlers may wait for a lock that this
/// thread has.
fn wait_for_cycle() {
    while tls::within(|| HEAP.global().is_in_cycle()) {
        pause(1);
    }
}

/// Lets meshing begin, or go on. Our handler is in place, or was, before anybody could ask for that.
pub(crate) fn begin_meshing() {
    // SAFETY: the handler makes writers wait for the barrier. Should a raw system call have replaced it since, the guard
    // puts it back.
    unsafe { HEAP.global().enable_meshing_guarded(signals::still_ours) };
}

/// Lets meshing go on after the program itself has switched it off; false when there is another reason against it.
pub(crate) fn resume() -> bool {
    let may = || REASON.load(Ordering::Relaxed) == 0;
    if may() {
        begin_meshing();
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
        _ => "seccomp",
    })
}
