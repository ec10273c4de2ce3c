//! What somebody asked for, to be done by the next thread that comes by outside of all locks of ours.
//!
//! Who asks (a handler, the child of a fork, the upkeep) and who does it are far apart: the slow paths of `malloc` are among those who come
//! by, and what is done stands floors above them. So it is a function that was named at the start.

use core::mem::transmute;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

/// A signal wants a map of the heap.
pub(crate) static MAP: Request = Request::new();

/// A signal wants the heap profile written.
pub(crate) static PROFILE: Request = Request::new();

/// The child of a fork wants the thread that does the upkeep, which its parent had.
pub(crate) static THREAD: Request = Request::new();

/// Upkeep finds that it is time to look whether memory is scarce.
pub(crate) static PRESSURE: Request = Request::new();

/// The figures that other processes read are to be those of now.
pub(crate) static PUBLISHING: Request = Request::new();

/// Something that can be asked for.
pub(crate) struct Request {
    /// How often it was. Written by handlers.
    asked: AtomicU32,
    /// What `asked` was when the last answer was begun.
    answered: AtomicU32,
    /// Whether a thread is about it.
    busy: AtomicBool,
    /// The function that is called when something was asked for; null before [`answer_with`](Self::answer_with).
    answer: AtomicPtr<()>,
}

/// Does what was asked for, if something was. To be called where the calling thread has no lock of ours.
#[inline]
pub(crate) fn answer() {
    MAP.answer();
    PROFILE.answer();
    THREAD.answer();
    PRESSURE.answer();
    PUBLISHING.answer();
}

impl Request {
    const fn new() -> Self {
        Self {
            asked: AtomicU32::new(0),
            answered: AtomicU32::new(0),
            busy: AtomicBool::new(false),
            answer: AtomicPtr::new(null_mut()),
        }
    }

    /// Names the function that is to be called when something was asked for. It calls [`answer_all`](Self::answer_all) where
    /// that may be done.
    pub(crate) fn answer_with(&self, function: fn()) {
        self.answer.store(function as *mut (), Ordering::Release);
    }

    /// Asks. May be called in a handler over anything.
    pub(crate) fn ask(&self) {
        // Sequentially consistent: see `answer_all`.
        self.asked.fetch_add(1, Ordering::SeqCst);
    }

    /// Asks, and does it now if it can be. To be called where [`answer`](Self::answer) is.
    pub(crate) fn ask_and_answer(&self) {
        self.ask();
        self.answer_now();
    }

    /// How often it was asked for so far.
    #[inline]
    pub(crate) fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Does what was asked for, if something was. To be called where the calling thread has no lock of ours.
    #[inline]
    pub(crate) fn answer(&self) {
        // Relaxed: what is not seen now is seen by the next who comes by.
        if self.asked() != self.answered.load(Ordering::Relaxed) {
            self.answer_now();
        }
    }

    #[cold]
    #[inline(never)]
    fn answer_now(&self) {
        let function = self.answer.load(Ordering::Acquire);
        if function.is_null() {
            // Nobody will ever do it.
            self.forget();
            return;
        }
        // SAFETY: `answer_with` stored a function of this type.
        let function = unsafe { transmute::<*mut (), fn()>(function) };
        function();
    }

    /// Calls `act` until nobody asks any more, or another thread does it.
    pub(crate) fn answer_all(&self, mut act: impl FnMut()) {
        // Who counts and then finds somebody about it relies on him, who ends and then looks whether somebody has counted: all
        // four are sequentially consistent.
        loop {
            let asked = self.asked.load(Ordering::SeqCst);
            if asked == self.answered.load(Ordering::Relaxed)
                || self.busy.swap(true, Ordering::SeqCst)
            {
                return;
            }
            self.answered.store(asked, Ordering::Relaxed);
            act();
            self.busy.swap(false, Ordering::SeqCst);
        }
    }

    /// In the child of a fork: what was asked of the parent is the parent's.
    pub(crate) fn forget(&self) {
        self.answered.store(self.asked(), Ordering::Relaxed);
        self.busy.store(false, Ordering::Relaxed);
    }
}
