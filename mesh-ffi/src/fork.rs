//! Fork. What happens to the groups is told in the `fork` module of `globalheap`.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};

use globalheap::Fork;
use libc::pid_t;

use crate::line::Line;
use crate::next::next;
use crate::process::{self, HEAP};
use crate::{errno, hazards, tls};

next!(fn next_fork = c"fork"() -> pid_t);

/// The fork under way. Written by the thread that forks, which holds all locks of the heap; read in the child, where it is
/// the only thread.
struct UnderWay(UnsafeCell<Option<Fork>>);

// SAFETY: whoever holds the locks of the heap is alone (see the type).
unsafe impl Sync for UnderWay {}

static UNDER_WAY: UnderWay = UnderWay(UnsafeCell::new(None));

/// The process whose thread has prepared a fork; zero when none is under way.
static PARENT: AtomicI32 = AtomicI32::new(0);

/// The thread that has made room for a fork, and holds the lock that keeps it valid; zero when there is none.
static RESERVED_BY: AtomicUsize = AtomicUsize::new(0);

/// Registers the fork handlers. The earlier, the better: the first `prepare` to be registered is the last to run.
pub(crate) fn register() {
    static REGISTERED: AtomicBool = AtomicBool::new(false);
    if REGISTERED.swap(true, Ordering::Relaxed) {
        return;
    }
    // SAFETY: the handlers are functions of this library, which is never unloaded. Without memory for the registration
    // nothing can be done.
    let _ = unsafe { libc::pthread_atfork(Some(prepare), Some(parent), Some(child)) };
}

/// `fork`; EAGAIN when there is no room for the child's copies of meshed spans.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fork() -> pid_t {
    // A program that has not asked for memory yet has no handlers to end what is begun here.
    register();
    if tls::within(|| HEAP.global().reserve_fork()).is_err() {
        errno::set(libc::EAGAIN);
        return -1;
    }
    RESERVED_BY.store(tls::thread_number(), Ordering::Relaxed);
    // SAFETY: the same contract.
    unsafe { next_fork() }
}

extern "C" fn prepare() {
    let reserved = RESERVED_BY.swap(0, Ordering::Relaxed) == tls::thread_number();
    if !reserved && HEAP.global().reserve_fork().is_err() {
        // This fork did not come through our `fork`, which would have refused it; a child without copies would write to
        // the parent's memory.
        Line::new().text("no memory for a fork").print();
        // SAFETY: may be called at any time.
        unsafe { libc::abort() };
    }
    HEAP.lock_for_fork();
    // SAFETY: room was made, by this thread; it does not use the heap before `parent` or `child`.
    let fork = unsafe { HEAP.global().prepare_fork() };
    // SAFETY: all locks are held.
    unsafe { *UNDER_WAY.0.get() = Some(fork) };
    // SAFETY: has no preconditions.
    PARENT.store(unsafe { libc::getpid() }, Ordering::Release);
}

/// Takes the fork under way, if there is one.
///
/// # Safety
/// The calling thread prepared it, in this process or in its parent.
unsafe fn take() -> Option<Fork> {
    PARENT.store(0, Ordering::Relaxed);
    // SAFETY: all locks are held by this thread.
    unsafe { (*UNDER_WAY.0.get()).take() }
}

extern "C" fn parent() {
    // SAFETY: `prepare` ran in this thread.
    let Some(fork) = (unsafe { take() }) else {
        return;
    };
    // SAFETY: prepared by this thread, and this is the parent.
    unsafe { HEAP.global().parent_after_fork(fork) };
    // SAFETY: `prepare` took it.
    unsafe { HEAP.unlock_after_fork() };
}

extern "C" fn child() {
    process::adopt();
    finish_in_child();
    hazards::keep_own();
}

/// In a child that has not been through its handler: makes its memory its own. Says whether there was anything to do.
pub(crate) fn finish_in_child() -> bool {
    let parent = PARENT.load(Ordering::Acquire);
    // SAFETY: has no preconditions.
    if parent == 0 || parent == unsafe { libc::getpid() } {
        return false;
    }
    // SAFETY: a fork is under way, and this is not the process that prepared it: the child, with one thread.
    let Some(fork) = (unsafe { take() }) else {
        return false;
    };
    // SAFETY: prepared by this thread, and this is the child.
    let adopted = unsafe { HEAP.global().child_after_fork(fork) };
    // SAFETY: `prepare` took it.
    unsafe { HEAP.unlock_after_fork() };
    if adopted.is_err() {
        Line::new()
            .text("no memory for the child of a fork")
            .print();
        // SAFETY: may be called at any time.
        unsafe { libc::_exit(127) };
    }
    true
}
