//! A stack for the upkeep.
//!
//! Upkeep comes over a thread in the middle of an allocation, or of a wait, and the thread may have a stack of a few kilobytes. It
//! needs more than that. So it runs on a stack of the arena's, of which there is one: where another thread is at it, nothing is
//! lost. Signals are blocked meanwhile: a handler of the program's, or what it calls, may look where its stack is.

use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::arena::Arena;
use crate::os::{Access, Os, Purpose, SignalMask};

/// Bytes of the stack, without its guard. Pages that nobody has reached are not there.
const SIZE: usize = 124 << 10;

/// The stack, and who is on it.
pub(crate) struct Aside {
    /// Whether a thread is on it.
    taken: AtomicBool,
    /// The address of its end; zero before it is first needed. Belongs to whoever has taken it.
    end: AtomicUsize,
    /// Where that thread's own stack is; zero for nowhere.
    caller: AtomicUsize,
}

impl Aside {
    pub(crate) const fn new() -> Self {
        Self {
            taken: AtomicBool::new(false),
            end: AtomicUsize::new(0),
            caller: AtomicUsize::new(0),
        }
    }

    /// An address in the frames of the thread that is on the stack, below everything that waits for it to come back; zero when
    /// there is none.
    pub(crate) fn caller(&self) -> usize {
        self.caller.load(Ordering::Relaxed)
    }

    /// The end of the stack, which is mapped when it is first needed. Below it is a page that nobody may use.
    fn end<O: Os>(&self, os: &O) -> Option<NonNull<u8>> {
        if let Some(end) = NonNull::new(self.end.load(Ordering::Relaxed) as *mut u8) {
            return Some(end);
        }
        let guard = os.system_page();
        let len = guard + SIZE;
        let start = os.reserve(len, Access::ReadWrite).ok()?;
        os.name(start, len, Purpose::Work);
        // SAFETY: mapped above, and nobody uses it yet.
        if unsafe { os.protect(start, guard, Access::None) }.is_err() {
            // SAFETY: as above.
            let _ = unsafe { os.unmap(start, len) };
            return None;
        }
        // SAFETY: the end of the mapping.
        let end = unsafe { start.add(len) };
        self.end
            .store(end.as_ptr().expose_provenance(), Ordering::Relaxed);
        Some(end)
    }
}

/// What is to be done, and what came of it.
struct Job<F, T> {
    act: MaybeUninit<F>,
    result: MaybeUninit<T>,
}

impl<F: FnOnce() -> T, T> Job<F, T> {
    /// Does it.
    ///
    /// # Safety
    /// `job` is a job that was not done yet, and nobody else uses it.
    unsafe extern "C" fn run(job: *mut ()) {
        // SAFETY: the caller's promise.
        let job = unsafe { &mut *job.cast::<Self>() };
        // SAFETY: not done yet, so it is there.
        let act = unsafe { job.act.assume_init_read() };
        job.result.write(act());
    }
}

/// The stack is this thread's, until it is given back.
struct Claim {
    end: NonNull<u8>,
    /// What the thread had blocked before.
    mask: SignalMask,
}

impl<O: Os> Arena<O> {
    /// Runs `act` on the stack of the upkeep with signals blocked; `None`, and nothing was done, if another thread is there, or
    /// there is no memory for it.
    #[inline(never)]
    pub fn run_aside<T>(&self, act: impl FnOnce() -> T) -> Option<T> {
        let claim = self.claim_aside()?;
        Some(self.run_on(claim, act))
    }

    /// The same for what has to be done: it is run here if it cannot be run aside.
    #[inline(never)]
    pub fn run_aside_or_here<T>(&self, act: impl FnOnce() -> T) -> T {
        match self.claim_aside() {
            Some(claim) => self.run_on(claim, act),
            None => act(),
        }
    }

    fn claim_aside(&self) -> Option<Claim> {
        let aside = &self.aside;
        if aside.taken.load(Ordering::Relaxed) {
            return None;
        }
        // Before it is taken: a handler that interrupts this thread may come here as well.
        let mask = self.os.block_signals();
        // Acquire: what the last thread did there comes first.
        if !aside.taken.swap(true, Ordering::Acquire) {
            if let Some(end) = aside.end(&self.os) {
                return Some(Claim { end, mask });
            }
            aside.taken.store(false, Ordering::Release);
        }
        self.os.restore_signals(mask);
        None
    }

    fn run_on<T, F: FnOnce() -> T>(&self, claim: Claim, act: F) -> T {
        let mut job = Job {
            act: MaybeUninit::new(act),
            result: MaybeUninit::uninit(),
        };
        let place = &raw mut job;
        self.aside.caller.store(place.addr(), Ordering::Relaxed);
        // SAFETY: the job is not done yet, and the stack is this thread's, since it has taken it.
        unsafe {
            self.os.call_on(claim.end, Job::<F, T>::run, place.cast());
        };
        self.aside.caller.store(0, Ordering::Relaxed);
        self.aside.taken.store(false, Ordering::Release);
        self.os.restore_signals(claim.mask);
        // SAFETY: the job was done.
        unsafe { job.result.assume_init() }
    }

    /// In the child of a fork, which has one thread: no other one is aside.
    pub fn nobody_is_aside(&self) {
        self.aside.caller.store(0, Ordering::Relaxed);
        self.aside.taken.store(false, Ordering::Relaxed);
    }
}
