//! The steps of a fork, and what is known of the one under way.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

use arena::os::{Os, SignalMask};
use globalheap::Fork;
use heap::Refused;

use crate::ground::heap::HEAP;
use crate::ground::line::Line;
use crate::ground::{process, request, system, tls};
use crate::unseen::hazards;
use crate::unseen::signals::{self, action};

use super::writers;

/// The fork under way. Written by the thread that forks, which holds all locks of the heap; read in the child, where it is
/// the only thread.
struct UnderWay(UnsafeCell<Option<Prepared>>);

/// A fork between its preparation and its end on either side.
struct Prepared {
    fork: Fork,
    /// What the thread had blocked before. Its handlers do not run while it holds the locks.
    mask: SignalMask,
}

// SAFETY: whoever holds the locks of the heap is alone (see the type).
unsafe impl Sync for UnderWay {}

static UNDER_WAY: UnderWay = UnderWay(UnsafeCell::new(None));

/// The process whose thread has prepared a fork; zero when none is under way.
static PARENT: AtomicI32 = AtomicI32::new(0);

/// The thread that has prepared a fork.
static PREPARED_BY: AtomicUsize = AtomicUsize::new(0);

/// The thread that has made room for a fork, and holds the lock that keeps it valid; zero when there is none.
static RESERVED_BY: AtomicUsize = AtomicUsize::new(0);

/// What a fork from here would need.
pub(super) enum Ground {
    /// The locks, and copies of the groups.
    Usual,
    /// Nothing: a signal handler has interrupted a slow path of ours, whose locks the thread keeps on both sides. There
    /// are neither other threads nor groups.
    Alone,
}

/// What a fork of the calling thread needs; refused in a signal handler over a slow path that may hold a lock, unless the
/// thread is alone and nothing was ever meshed, and over another fork of the same thread.
pub(super) fn ground() -> Result<Ground, Refused> {
    if tls::inside() {
        let alone = HEAP.attached() <= 1 && !HEAP.global().may_have_groups();
        return if alone {
            Ok(Ground::Alone)
        } else {
            Err(Refused)
        };
    }
    if has_reserved() {
        return Err(Refused);
    }
    Ok(Ground::Usual)
}

/// Whether the calling thread has made room for a fork that it has not prepared yet: it has the lock of the cycle.
pub(crate) fn has_reserved() -> bool {
    RESERVED_BY.load(Ordering::Relaxed) == tls::thread_number()
}

/// Makes room for a fork by the calling thread.
pub(super) fn reserve() -> Result<(), Refused> {
    tls::within(|| HEAP.global().reserve_fork())?;
    RESERVED_BY.store(tls::thread_number(), Ordering::Relaxed);
    Ok(())
}

/// Runs `clone`, a way to duplicate the process that calls no handlers, between our steps. It returns zero in the child.
/// `None` when there is no room for the child's copies of meshed spans.
pub(crate) fn duplicate<T: PartialEq + Default>(clone: impl FnOnce() -> T) -> Option<T> {
    match ground() {
        Ok(Ground::Usual) => reserve().ok()?,
        Ok(Ground::Alone) => {}
        Err(Refused) => return None,
    }
    prepare();
    let result = clone();
    if result == T::default() {
        child();
    } else {
        parent();
    }
    Some(result)
}

pub(super) fn prepare() {
    if tls::inside() {
        // A signal handler over a slow path that may hold a lock: see `child`.
        return;
    }
    if HEAP.global().may_have_groups() {
        // The child's first fault must come to us. If it does not, another handler was put in our place just now.
        let _ = action::still_ours();
    }
    let writers = writers::others();
    let mask = HEAP.global().pages().os().block_signals();
    let room = has_reserved() || HEAP.global().reserve_fork().is_ok();
    if !room {
        HEAP.global().reserve_nothing_for_fork();
    }
    HEAP.lock_for_fork();
    let fork = if room {
        // SAFETY: room was made, by this thread; it does not use the heap before `parent` or `child`.
        unsafe { HEAP.global().prepare_fork(writers) }
    } else {
        // This fork did not come through our `fork`, which would have refused it. The child has no groups, and ends at its
        // step.
        // SAFETY: as above.
        unsafe { HEAP.global().prepare_fork_without_room() }
    };
    action::lock_for_fork();
    // SAFETY: all locks are held.
    unsafe { *UNDER_WAY.0.get() = Some(Prepared { fork, mask }) };
    RESERVED_BY.store(0, Ordering::Relaxed);
    PREPARED_BY.store(tls::thread_number(), Ordering::Relaxed);
    PARENT.store(system::process_number(), Ordering::Release);
}

/// Takes the fork under way, if there is one.
///
/// # Safety
/// The calling thread prepared it, in this process or in its parent.
unsafe fn take() -> Option<Prepared> {
    PARENT.store(0, Ordering::Relaxed);
    // SAFETY: all locks are held by this thread.
    unsafe { (*UNDER_WAY.0.get()).take() }
}

pub(super) fn parent() {
    if tls::inside() {
        return;
    }
    // SAFETY: `prepare` ran in this thread.
    let Some(Prepared { fork, mask }) = (unsafe { take() }) else {
        return;
    };
    // SAFETY: `prepare` took it.
    unsafe { action::unlock_after_fork() };
    // SAFETY: prepared by this thread, and this is the parent.
    unsafe { HEAP.global().parent_after_fork(fork) };
    // SAFETY: `prepare` took it.
    unsafe { HEAP.unlock_after_fork() };
    HEAP.global().pages().os().restore_signals(mask);
}

pub(super) fn child() {
    process::adopt();
    request::MAP.forget();
    hazards::keep_own();
    signals::forget_others();
    HEAP.global().pages().nobody_is_aside();
    // A thread that did the upkeep is not in the child.
    HEAP.global().set_background(false);
    request::THREAD.ask();
    if tls::inside() {
        if HEAP.global().may_have_groups() {
            end();
        }
        return;
    }
    adopt_groups();
}

/// In the child of a `clone`, which begins with a function of its own: the child's step.
pub(super) fn finish_child_of_clone() {
    child();
}

/// In a child that has not been through its handler: makes its memory its own. Says whether there was anything to do.
///
/// A process that shares its memory with the parent, after `vfork` in another thread, is no such child.
pub(crate) fn finish_in_child() -> bool {
    let parent = PARENT.load(Ordering::Acquire);
    if parent == 0 || parent == system::process_number() {
        return false;
    }
    PREPARED_BY.load(Ordering::Relaxed) == tls::thread_number() && adopt_groups()
}

/// In the thread that forks, after its preparation: lets it write to the page at `address`. Says whether it may now.
///
/// The C library writes to objects of its own there, such as the lock of its list of name services. Another thread that
/// holds that lock may wait at the barrier, so it is let in as well.
pub(crate) fn admit(address: usize) -> bool {
    let is_parent = PARENT.load(Ordering::Acquire) == system::process_number();
    if !is_parent || PREPARED_BY.load(Ordering::Relaxed) != tls::thread_number() {
        return false;
    }
    let pages = HEAP.global().pages();
    let page = HEAP.global().labels().page_at(address);
    page.is_some_and(|page| pages.admit(page).is_ok())
}

/// The child's step. Says whether it was still to be done.
fn adopt_groups() -> bool {
    // SAFETY: a fork was prepared, and this is not the process that prepared it: the child, with one thread.
    let Some(Prepared { fork, mask }) = (unsafe { take() }) else {
        return false;
    };
    // SAFETY: `prepare` took it.
    unsafe { action::unlock_after_fork() };
    // SAFETY: prepared by this thread, and this is the child.
    let adopted = unsafe { HEAP.global().child_after_fork(fork) };
    if adopted.is_err() {
        end();
    }
    // SAFETY: `prepare` took it.
    unsafe { HEAP.unlock_after_fork() };
    HEAP.global().pages().os().restore_signals(mask);
    true
}

/// Ends a child that has no copies of its own, so that it cannot write to its parent's.
fn end() -> ! {
    Line::new()
        .text("no memory for the child of a fork")
        .print();
    system::exit(127)
}
