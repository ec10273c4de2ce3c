//! What the program wants to happen on SIGSEGV and on its stand-in, while our handler has both.

use core::sync::atomic::{AtomicUsize, Ordering};

use heap::{Mutex, SpinLock};
use libc::{c_int, sighandler_t};

use super::child::Child;
use super::installed::{self, installed};
use super::mask::{STAND_IN, uninterrupted};
use super::wish::{Wish, exchange};

/// The program's wishes. Taken with all signals blocked, so no handler can find it taken by its own thread. A fork holds it to its
/// end; another thread that asks for an action of SIGSEGV meanwhile spins.
static WISHES: Mutex<SpinLock, Wishes> = Mutex::new(Wishes {
    segv: Wish::DEFAULT,
    below: None,
    stand_in: Wish::DEFAULT,
});

struct Wishes {
    segv: Wish,
    /// The wish that was replaced by a raw system call. Who made that call may pass on to us what is not his.
    below: Option<Wish>,
    stand_in: Wish,
}

impl Wishes {
    fn of(&mut self, signal: c_int) -> &mut Wish {
        if signal == STAND_IN {
            &mut self.stand_in
        } else {
            &mut self.segv
        }
    }
}

/// The address of our handler, once it was installed.
static OURS: AtomicUsize = AtomicUsize::new(libc::SIG_DFL);

fn ours() -> sighandler_t {
    // Relaxed: written by the constructor, before `installed`.
    OURS.load(Ordering::Relaxed)
}

/// Whether the signal's wish is kept here.
pub(super) fn is_kept(signal: c_int) -> bool {
    (signal == libc::SIGSEGV || signal == STAND_IN) && installed()
}

fn with_wishes<T>(act: impl FnOnce(&mut Wishes) -> T) -> T {
    uninterrupted(|| act(&mut WISHES.lock()))
}

/// The kernel's action that carries out the program's wish for SIGSEGV.
///
/// Our handler wants the alternate stack, since a write to the heap may come from a stack too small for a handler. Where
/// the program has a handler that it wants on the thread's own stack, ours runs there too. All signals are blocked in it, its own
/// included: none puts a frame of its own on the stack meanwhile, and a fault of ours is the end.
fn carrier(wish: &Wish) -> Wish {
    let mut flags = libc::SA_SIGINFO;
    let own = wish.is_function();
    if !own || wish.flags & libc::SA_ONSTACK != 0 {
        flags |= libc::SA_ONSTACK;
    }
    if !own || wish.flags & libc::SA_RESTART != 0 {
        flags |= libc::SA_RESTART;
    }
    // Also the signals that the C library leaves out of its sets.
    Wish::new(ours(), flags, u64::MAX)
}

/// Puts our handler in place for the program's wish; returns what was there for SIGSEGV.
fn put_in_place(wish: &Wish) -> Option<Wish> {
    let carrier = carrier(wish);
    let before = exchange(libc::SIGSEGV, Some(&carrier));
    let _ = exchange(STAND_IN, Some(&carrier));
    before
}

/// Puts our handler in place; says whether that worked.
pub(super) fn install(handler: sighandler_t) -> bool {
    OURS.store(handler, Ordering::Relaxed);
    let now = |signal| exchange(signal, None);
    let (Some(segv), Some(stand_in)) = (now(libc::SIGSEGV), now(STAND_IN)) else {
        return false;
    };
    with_wishes(|wishes| {
        wishes.segv = segv;
        wishes.stand_in = stand_in;
        if put_in_place(&segv).is_none() {
            return false;
        }
        installed::set();
        true
    })
}

/// Whether faults come to us. Where a raw system call has put another handler in our place, ours is put back, and the other
/// one is the program's wish.
pub(crate) fn still_ours() -> bool {
    match exchange(libc::SIGSEGV, None) {
        None => false,
        Some(found) => found.handler == ours() || Child::here().is_none() && take_back(&found),
    }
}

/// Puts our handler back in the place of `found`; says whether that worked.
fn take_back(found: &Wish) -> bool {
    with_wishes(|wishes| {
        let Some(before) = put_in_place(found) else {
            return false;
        };
        if before.handler != ours() {
            wishes.below = Some(wishes.segv);
            wishes.segv = before;
        }
        true
    })
}

/// The action for a signal that has come; a handler that was wanted for one signal only is forgotten.
///
/// `from_kernel` says that the kernel called us, and not a handler that passes on what is not its own.
pub(super) fn take(signal: c_int, from_kernel: bool) -> Wish {
    if let Some(child) = Child::here() {
        let wish = child.wish().unwrap_or_else(|| of_parent(signal));
        if wish.is_for_once() {
            child.set_wish(wish.reset());
        }
        return wish;
    }
    with_wishes(|wishes| {
        if let (false, Some(below)) = (from_kernel, wishes.below) {
            return below;
        }
        let kept = wishes.of(signal);
        let wish = *kept;
        if wish.is_for_once() {
            *kept = wish.reset();
        }
        wish
    })
}

/// In a child that shares its parent's memory: what the parent wants.
fn of_parent(signal: c_int) -> Wish {
    with_wishes(|wishes| *wishes.of(signal))
}

/// [`replace`] in a child that shares its parent's memory, and has actions of its own in the kernel. What it ignores it leaves to
/// the program that it turns into, so that goes to the kernel; and nobody wants anything of the stand-in.
fn replace_in_child(child: Child, signal: c_int, new: Option<Wish>) -> Wish {
    if signal == STAND_IN {
        return of_parent(signal);
    }
    let before = child.wish();
    if let Some(new) = new {
        child.set_wish(new);
        if new.handler == libc::SIG_IGN {
            let _ = exchange(signal, Some(&new));
        } else {
            let _ = put_in_place(&new);
        }
    }
    before.unwrap_or_else(|| of_parent(signal))
}

/// Replaces the wish for a signal that is kept here; returns the one before.
pub(super) fn replace(signal: c_int, new: Option<Wish>) -> Wish {
    if let Some(child) = Child::here() {
        return replace_in_child(child, signal, new);
    }
    with_wishes(|wishes| {
        let before = *wishes.of(signal);
        if let Some(new) = new {
            *wishes.of(signal) = new;
            if signal == libc::SIGSEGV {
                wishes.below = None;
                let _ = put_in_place(&new);
            }
        }
        before
    })
}

/// Puts a handler of ours in place that the program does not notice, unless the program puts its own there later; says whether
/// that worked. Calls that can be restarted are.
pub(crate) fn listen(signal: c_int, handler: extern "C" fn(c_int)) -> bool {
    let flags = libc::SA_RESTART | libc::SA_ONSTACK;
    exchange(signal, Some(&Wish::new(handler as sighandler_t, flags, 0))).is_some()
}

/// Sets the kernel's action to the default.
pub(super) fn give_up(signal: c_int) {
    let _ = exchange(signal, Some(&Wish::DEFAULT));
}

/// Holds the wishes still over a fork. All signals but SIGSEGV are blocked.
pub(crate) fn lock_for_fork() {
    WISHES.lock_for_fork();
}

/// Ends what [`lock_for_fork`] began.
///
/// # Safety
/// The calling thread called it, in this process or in its parent.
pub(crate) unsafe fn unlock_after_fork() {
    // SAFETY: the caller took the lock.
    unsafe { WISHES.unlock_after_fork() };
}
