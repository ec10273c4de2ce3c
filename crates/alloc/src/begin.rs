//! What is done once, at the first request of the process.

use core::sync::atomic::{AtomicBool, Ordering};

use arena::os::{Lookout, Sight};
use arena::{BarrierChoice, BarrierTier};

use crate::fork;
use crate::heap::HEAP;

/// Bytes that direct I/O transfers at least.
const LEAST_DIRECT: usize = 512;

/// Whether somebody has begun.
static BEGUN: AtomicBool = AtomicBool::new(false);

/// Whether meshing has ended for good.
static STOPPED: AtomicBool = AtomicBool::new(false);

static LOOKOUT: Lookout = Lookout::new();

/// Lets meshing begin, if writers can be made to wait and forks are seen. The calling thread has a front end.
pub(crate) fn begin() {
    if BEGUN.swap(true, Ordering::Relaxed) {
        return;
    }
    if !fork::register() {
        return;
    }
    let heap = HEAP.global();
    // Nobody tells about system calls, and no handler of ours is called at faults.
    heap.expect_unnamed_writers();
    if heap.pages().choose_barrier(BarrierChoice::Auto) == BarrierTier::Userfaultfd {
        // SAFETY: writers wait in the kernel. Behind another barrier nothing is meshed, since there are unnamed writers; so it is in a child
        // that cannot have this one.
        unsafe { heap.enable_meshing_guarded(may_mesh) };
    }
    if STOPPED.load(Ordering::SeqCst) {
        heap.disable_meshing();
    }
}

/// Ends meshing for good.
pub(crate) fn stop() {
    // Sequentially consistent: either this comes after the beginning's store, or that sees this one's.
    STOPPED.store(true, Ordering::SeqCst);
    HEAP.global().disable_meshing();
}

/// Whether a cycle, or a slice of one, may begin. Called with the lock of the cycle.
fn may_mesh() -> bool {
    let heap = HEAP.global();
    let Sight {
        ring,
        direct,
        pins,
        filter,
    } = LOOKOUT.look(heap.pages().os(), |_| false);
    if direct {
        heap.mesh_only_below(LEAST_DIRECT);
    }
    if ring || pins || filter {
        STOPPED.store(true, Ordering::SeqCst);
        heap.disable_meshing();
    }
    !STOPPED.load(Ordering::SeqCst)
}
