//! What a signal asks for, to be done by the next thread that comes by outside of all locks of ours.
//!
//! Who asks and who does it are far apart: the slow paths of `malloc` are among those who come by, and what is done (a map of
//! the heap) stands floors above them. So it is a function that was named at the start.

use core::mem::transmute;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

/// Requests so far. Written by a handler.
static ASKED: AtomicU32 = AtomicU32::new(0);

/// What [`ASKED`] was when the last one was begun.
static ANSWERED: AtomicU32 = AtomicU32::new(0);

/// Whether a thread is about it.
static BUSY: AtomicBool = AtomicBool::new(false);

/// The function that is called when something was asked for; null before [`answer_with`].
static ANSWER: AtomicPtr<()> = AtomicPtr::new(null_mut());

/// Names the function that is to be called when something was asked for. It calls [`answer_all`] where it may be done.
pub(crate) fn answer_with(function: fn()) {
    ANSWER.store(function as *mut (), Ordering::Release);
}

/// Asks. May be called in a handler over anything.
pub(crate) fn ask() {
    // Sequentially consistent: see `answer_all`.
    ASKED.fetch_add(1, Ordering::SeqCst);
}

/// Requests so far.
#[inline]
pub(crate) fn asked() -> u32 {
    ASKED.load(Ordering::Relaxed)
}

/// Does what was asked for, if something was. To be called where the calling thread has no lock of ours.
#[inline]
pub(crate) fn answer() {
    // Relaxed: what is not seen now is seen by the next who comes by.
    if ASKED.load(Ordering::Relaxed) != ANSWERED.load(Ordering::Relaxed) {
        answer_now();
    }
}

#[cold]
#[inline(never)]
fn answer_now() {
    let function = ANSWER.load(Ordering::Acquire);
    if !function.is_null() {
        // SAFETY: `answer_with` stored a function of this type.
        let function = unsafe { transmute::<*mut (), fn()>(function) };
        function();
    }
}

/// Calls `act` until nobody asks any more, or another thread does it.
pub(crate) fn answer_all(mut act: impl FnMut()) {
    // Who counts and then finds somebody about it relies on him, who ends and then looks whether somebody has counted: all
    // four are sequentially consistent.
    loop {
        let asked = ASKED.load(Ordering::SeqCst);
        if asked == ANSWERED.load(Ordering::Relaxed) || BUSY.swap(true, Ordering::SeqCst) {
            return;
        }
        ANSWERED.store(asked, Ordering::Relaxed);
        act();
        BUSY.swap(false, Ordering::SeqCst);
    }
}

/// In the child of a fork: what was asked of the parent is the parent's.
pub(crate) fn forget() {
    ANSWERED.store(ASKED.load(Ordering::Relaxed), Ordering::Relaxed);
    BUSY.store(false, Ordering::Relaxed);
}
