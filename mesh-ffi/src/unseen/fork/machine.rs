//! A fork, from its beginning to its end on either side: all that changes its state is here.
//!
//! ```text
//!                         ┌────────────────────── leave_parent ◄── (parent) ◄┐
//!                         ▼                                                  │
//!  Idle ── reserve ──► Reserved ── prepare ──────────► Prepared ── the system call
//!                         ▲                                                  │
//!                         └── leave_child ◄── Adopted ◄── enter_child ◄── (child)
//! ```
//!
//! | state | who makes it | locks | signals | a handler that forks meets |
//! |---|---|---|---|---|
//! | Idle | | none, but those of what it may have interrupted | the program's | a fork as any other; over an operation of ours one that takes what is open |
//! | Reserved | our `fork`, and the ways that call no handlers | none: the program's handlers run | the program's | the same; the room may be used up by it |
//! | Prepared | the last handler before the system call; the ways that call none | the C library's list of files, then all of ours | blocked | none |
//! | Adopted | in the child its first fault, or its first handler | that of the files, which the C library opens | blocked | none |
//!
//! *Reserved* is a state of one thread, of which nothing is noted anywhere: several threads may be in it, and one that leaves it by a
//! jump leaves nothing behind but room. The others are states of the process: its other threads wait for the locks.
//!
//! The mask is restored where the state becomes Idle again, as the last of all, and nowhere else: what a thread had blocked when it
//! came to `prepare` is blocked again, in parent and child.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicUsize, Ordering};

use arena::os::{Os, SignalMask};
use globalheap::Standing;
use heap::Refused;
use meshheap::{Fork, Writers};

use crate::ground::heap::HEAP;
use crate::ground::line::Line;
use crate::ground::single::has_one_thread;
use crate::ground::{process, request, system, tls};
use crate::unseen::signals::{self, wishes};
use crate::unseen::{hazards, stop};

use super::files;

/// The fork under way. Written by the thread that forks, while it holds mappings still; read in the child, where it is the only
/// thread.
struct UnderWay(UnsafeCell<Option<Prepared>>);

/// A fork in the states Prepared and Adopted.
struct Prepared {
    /// `None` once the child has adopted its memory.
    fork: Option<Fork>,
    /// Whether the list of thread heaps is locked.
    holds_heaps: bool,
    /// Whether the C library's list of files is.
    holds_files: bool,
    /// What the thread had blocked before.
    mask: SignalMask,
}

// SAFETY: one thread at a time holds mappings still for a fork (see the type).
unsafe impl Sync for UnderWay {}

static UNDER_WAY: UnderWay = UnderWay(UnsafeCell::new(None));

/// The thread whose fork is prepared; zero when there is none. In the child until it has left.
static PREPARED_BY: AtomicUsize = AtomicUsize::new(0);

/// Whether the calling thread may hold locks of ours: it has been interrupted in a slow path.
fn standing() -> Standing {
    if tls::inside() {
        Standing::Inside
    } else {
        Standing::Outside
    }
}

/// Whether the calling thread's fork is prepared, or, in the child, not left yet.
fn is_ours() -> bool {
    PREPARED_BY.load(Ordering::Acquire) == tls::thread_number()
}

/// Whether the calling thread is in the state Prepared, in the parent.
pub(super) fn is_prepared() -> bool {
    is_ours() && !process::is_copy() && {
        // SAFETY: what this thread has prepared, no other one looks at.
        let under_way = unsafe { &*UNDER_WAY.0.get() };
        under_way.as_ref().is_some_and(|it| it.fork.is_some())
    }
}

/// Idle → Reserved. Refused where there is no room for the child's copies; then there must be no fork.
pub(super) fn reserve() -> Result<(), Refused> {
    let standing = standing();
    tls::within(|| HEAP.global().reserve_fork(standing))
}

/// What duplicates the process.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The C library's `fork`, which takes locks of its own between the last handler and the system call.
    Fork,
    /// Something that takes no locks.
    Bare,
}

/// Reserved → Prepared. Also Idle → Prepared, for a fork inside the C library, which nobody can refuse: where there is no room
/// its child ends.
pub(super) fn prepare(way: Way) {
    let standing = standing();
    if HEAP.global().may_have_groups() {
        // The child's first fault must come to us. If it does not, another handler was put in our place just now.
        let _ = wishes::still_ours();
    }
    let writers = if has_one_thread() {
        Writers::Nobody
    } else {
        Writers::OtherThreads
    };
    let mask = HEAP.global().pages().os().block_signals();
    let holds_files = way == Way::Fork && writers == Writers::OtherThreads && files::lock();
    let hold_still = || {
        let begun = HEAP.global().begin_fork(standing);
        let holds_heaps = HEAP.lock_for_fork(standing);
        // SAFETY: begun by this thread, which does not use the heap before it has left the fork.
        let fork = unsafe { HEAP.global().prepare_fork(begun, writers) };
        (fork, holds_heaps)
    };
    let (fork, holds_heaps) = HEAP.global().pages().run_aside_or_here(hold_still);
    wishes::lock_for_fork();
    process::note_original();
    // SAFETY: this thread holds mappings still, so no other one is here, or in a fork.
    unsafe {
        *UNDER_WAY.0.get() = Some(Prepared {
            fork: Some(fork),
            holds_heaps,
            holds_files,
            mask,
        });
    }
    PREPARED_BY.store(tls::thread_number(), Ordering::Release);
}

/// Prepared → Idle, in the parent, whether there is a child or not.
pub(super) fn leave_parent() {
    if !is_ours() {
        return;
    }
    PREPARED_BY.store(0, Ordering::Relaxed);
    // SAFETY: prepared by this thread, which still holds mappings still.
    let under_way = unsafe { (*UNDER_WAY.0.get()).take() };
    let Some(Prepared {
        fork: Some(fork),
        holds_heaps,
        holds_files,
        mask,
    }) = under_way
    else {
        return;
    };
    // SAFETY: `prepare` took it.
    unsafe { wishes::unlock_after_fork() };
    // SAFETY: prepared by this thread, and this is the parent.
    let let_go = || unsafe { HEAP.global().parent_after_fork(fork) };
    HEAP.global().pages().run_aside_or_here(let_go);
    unlock_heaps(holds_heaps);
    if holds_files {
        files::unlock();
    }
    HEAP.global().pages().os().restore_signals(mask);
}

/// Prepared → Adopted, at a fault in the child before it comes to [`leave_child`]. Says whether this is such a fault.
///
/// A process that shares its memory with the parent, after `vfork` in another thread, is no child of this fork.
pub(crate) fn enter_child() -> bool {
    is_ours() && process::is_copy() && adopt()
}

/// Adopted → Idle, in the child, which adopts its memory now if it has not before.
pub(super) fn leave_child() {
    adopt();
    process::adopt();
    request::MAP.forget();
    request::PROFILE.forget();
    request::THREAD.forget();
    request::PRESSURE.forget();
    request::PUBLISHING.forget();
    hazards::keep_own();
    stop::forget_holds();
    signals::forget_others();
    // A thread that did the upkeep is not in the child.
    HEAP.global().below().set_background(false);
    request::THREAD.ask();
    PREPARED_BY.store(0, Ordering::Relaxed);
    // SAFETY: the child has one thread, which prepared in its parent.
    let under_way = unsafe { (*UNDER_WAY.0.get()).take() };
    if let Some(Prepared {
        mask, holds_files, ..
    }) = under_way
    {
        if holds_files {
            files::reset();
        }
        HEAP.global().pages().os().restore_signals(mask);
    }
}

/// In the child, makes its memory its own, unless that was done. Says whether it was to be done.
fn adopt() -> bool {
    // SAFETY: the child has one thread, which prepared in its parent.
    let under_way = unsafe { &mut *UNDER_WAY.0.get() };
    let Some(under_way) = under_way.as_mut() else {
        return false;
    };
    let Some(fork) = under_way.fork.take() else {
        return false;
    };
    HEAP.global().pages().nobody_is_aside();
    // SAFETY: `prepare` took it.
    unsafe { wishes::unlock_after_fork() };
    // SAFETY: prepared by this thread, and this is the child.
    let adopt = || unsafe { HEAP.global().child_after_fork(fork) };
    if HEAP.global().pages().run_aside_or_here(adopt).is_err() {
        end();
    }
    unlock_heaps(core::mem::take(&mut under_way.holds_heaps));
    true
}

/// Opens the list of thread heaps, if it was locked.
fn unlock_heaps(held: bool) {
    if held {
        // SAFETY: `prepare` took it.
        unsafe { HEAP.unlock_after_fork() };
    }
}

/// In the thread that forks, in the state Prepared: lets it write to the page at `address`. Says whether it may now.
///
/// The C library writes to objects of its own there, such as the lock of its list of name services. Another thread that
/// holds that lock may wait at the barrier, so it is let in as well.
pub(crate) fn admit(address: usize) -> bool {
    if !is_prepared() {
        return false;
    }
    let pages = HEAP.global().pages();
    let page = HEAP.global().labels().page_at(address);
    page.is_some_and(|page| pages.admit(page).is_ok())
}

/// Ends a child that has no copies of its own, so that it cannot write to its parent's.
fn end() -> ! {
    Line::new()
        .text("no memory for the child of a fork")
        .print();
    system::exit(127)
}
