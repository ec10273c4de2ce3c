//! What the program wants to happen on a signal.
//!
//! For SIGSEGV and its stand-in the wish is kept here, and our handlers stay in place. For the others the C library is
//! asked, with a mask that leaves SIGSEGV deliverable.

use core::mem::MaybeUninit;
use core::ptr::{null, null_mut};
use core::sync::atomic::{AtomicUsize, Ordering};

use heap::{Mutex, SpinLock};
use libc::{c_int, sigaction as Action, sighandler_t};

use super::child::Child;
use super::handlers::{SIG_HOLD, note_handler};
use super::installed::{self, installed};
use super::mask::{STAND_IN, to_kernel, to_program, uninterrupted, with};
use crate::ground::errno;
use crate::ground::next::next;
use crate::ground::signal_set::of_word;

next!(fn next_sigaction = c"sigaction"(signal: c_int, new: *const Action, old: *mut Action) -> c_int);
next!(fn next_signal = c"signal"(signal: c_int, handler: sighandler_t) -> sighandler_t);
next!(fn next_sysv_signal = c"__sysv_signal"(signal: c_int, handler: sighandler_t) -> sighandler_t);
next!(fn next_sigset = c"sigset"(signal: c_int, handler: sighandler_t) -> sighandler_t);
next!(fn next_siginterrupt = c"siginterrupt"(signal: c_int, interrupt: c_int) -> c_int);

/// A flag that means nothing to the kernel, but is read back.
const SA_INTERRUPT: c_int = 0x2000_0000;

/// The program's wishes. Taken with all signals blocked, so no handler can find it taken by its own thread.
static WISHES: Mutex<SpinLock, Wishes> = Mutex::new(Wishes {
    segv: Kept::DEFAULT,
    below: None,
    stand_in: Kept::DEFAULT,
});

struct Wishes {
    segv: Kept,
    /// The wish that was replaced by a raw system call. Who made that call may pass on to us what is not his.
    below: Option<Kept>,
    stand_in: Kept,
}

impl Wishes {
    fn of(&mut self, signal: c_int) -> &mut Kept {
        if signal == STAND_IN {
            &mut self.stand_in
        } else {
            &mut self.segv
        }
    }
}

/// An action.
#[derive(Clone, Copy)]
struct Kept(MaybeUninit<Action>);

impl Kept {
    /// The default action without flags.
    const DEFAULT: Self = Self(MaybeUninit::zeroed());

    fn action(self) -> Action {
        // SAFETY: zeros are valid for every field, and whole actions are written.
        unsafe { self.0.assume_init() }
    }
}

/// The default action without flags.
pub(super) fn default_action() -> Action {
    Kept::DEFAULT.action()
}

/// Whether the signal's wish is kept here.
fn is_kept(signal: c_int) -> bool {
    (signal == libc::SIGSEGV || signal == STAND_IN) && installed()
}

fn with_wishes<T>(act: impl FnOnce(&mut Wishes) -> T) -> T {
    uninterrupted(|| act(&mut WISHES.lock()))
}

/// Whether an action is a function of the program.
fn is_function(action: &Action) -> bool {
    !matches!(action.sa_sigaction, libc::SIG_DFL | libc::SIG_IGN)
}

/// The kernel's action that carries out the program's wish for SIGSEGV.
///
/// Our handler wants the alternate stack, since a write to the heap may come from a stack too small for a handler. Where
/// the program has a handler that it wants on the thread's own stack, ours runs there too. All signals are blocked in it, its own
/// included: none puts a frame of its own on the stack meanwhile, and a fault of ours is the end.
fn carrier(wish: &Action) -> Action {
    let mut action = default_action();
    action.sa_sigaction = ours();
    action.sa_flags = libc::SA_SIGINFO;
    // The C library would leave out signals of its own.
    action.sa_mask = of_word(u64::MAX);
    let own = is_function(wish);
    if !own || wish.sa_flags & libc::SA_ONSTACK != 0 {
        action.sa_flags |= libc::SA_ONSTACK;
    }
    if !own || wish.sa_flags & libc::SA_RESTART != 0 {
        action.sa_flags |= libc::SA_RESTART;
    }
    action
}

/// Asks the C library for `action`; returns what was there before.
fn exchange(signal: c_int, action: &Action) -> Option<Action> {
    let mut before = MaybeUninit::<Action>::zeroed();
    // SAFETY: both actions live across the call.
    let failed = unsafe { next_sigaction(signal, action, before.as_mut_ptr()) } != 0;
    (!failed).then(|| Kept(before).action())
}

/// The address of our handler, once it was installed.
static OURS: AtomicUsize = AtomicUsize::new(libc::SIG_DFL);

fn ours() -> sighandler_t {
    // Relaxed: written by the constructor, before `installed`.
    OURS.load(Ordering::Relaxed)
}

/// Puts our handlers in place for the program's wish; returns what was there for SIGSEGV.
fn put_in_place(wish: &Action) -> Option<Action> {
    let carrier = carrier(wish);
    let before = exchange(libc::SIGSEGV, &carrier);
    let _ = exchange(STAND_IN, &carrier);
    before
}

/// Puts our handler in place; says whether that worked.
pub(super) fn install(handler: sighandler_t) -> bool {
    OURS.store(handler, Ordering::Relaxed);
    let now = |signal| {
        let mut now = MaybeUninit::<Action>::zeroed();
        // SAFETY: the action lives across the call.
        let failed = unsafe { next_sigaction(signal, null(), now.as_mut_ptr()) } != 0;
        (!failed).then_some(Kept(now))
    };
    let (Some(segv), Some(stand_in)) = (now(libc::SIGSEGV), now(STAND_IN)) else {
        return false;
    };
    with_wishes(|wishes| {
        wishes.segv = segv;
        wishes.stand_in = stand_in;
        if put_in_place(&segv.action()).is_none() {
            return false;
        }
        installed::set();
        true
    })
}

/// Whether faults come to us. Where a raw system call has put another handler in our place, ours is put back, and the other
/// one is the program's wish.
pub(crate) fn still_ours() -> bool {
    let mut now = MaybeUninit::<Action>::zeroed();
    // SAFETY: the action lives across the call.
    if unsafe { next_sigaction(libc::SIGSEGV, null(), now.as_mut_ptr()) } != 0 {
        return false;
    }
    let found = Kept(now).action();
    if found.sa_sigaction == ours() {
        return true;
    }
    if Child::here().is_some() {
        return false;
    }
    with_wishes(|wishes| {
        let Some(before) = put_in_place(&found) else {
            return false;
        };
        if before.sa_sigaction != ours() {
            wishes.below = Some(wishes.segv);
            wishes.segv = Kept(MaybeUninit::new(before));
        }
        true
    })
}

/// The action for a signal that has come; a handler that was wanted for one signal only is forgotten.
///
/// `from_kernel` says that the kernel called us, and not a handler that passes on what is not its own.
pub(super) fn take(signal: c_int, from_kernel: bool) -> Action {
    if let Some(child) = Child::here() {
        let action = child.wish().unwrap_or_else(|| of_parent(signal));
        if is_for_once(&action) {
            child.set_wish(&reset(action));
        }
        return action;
    }
    with_wishes(|wishes| {
        if let (false, Some(below)) = (from_kernel, wishes.below) {
            return below.action();
        }
        let kept = wishes.of(signal);
        let action = kept.action();
        if is_for_once(&action) {
            *kept = Kept(MaybeUninit::new(reset(action)));
        }
        action
    })
}

/// Whether the action is a handler for one signal only.
fn is_for_once(action: &Action) -> bool {
    is_function(action) && action.sa_flags & libc::SA_RESETHAND != 0
}

/// What is left of such an action behind the signal.
fn reset(mut action: Action) -> Action {
    action.sa_sigaction = libc::SIG_DFL;
    action
}

/// In a child that shares its parent's memory: what the parent wants.
fn of_parent(signal: c_int) -> Action {
    with_wishes(|wishes| wishes.of(signal).action())
}

/// [`wish`] in a child that shares its parent's memory, and has actions of its own in the kernel. What it ignores it leaves to
/// the program that it turns into, so that goes to the kernel; and nobody wants anything of the stand-in.
fn wish_of_child(child: Child, signal: c_int, new: Option<Action>) -> Action {
    let is_stand_in = signal == STAND_IN;
    let before = child.wish().filter(|_| !is_stand_in);
    if let Some(new) = new.filter(|_| !is_stand_in) {
        child.set_wish(&new);
        if new.sa_sigaction == libc::SIG_IGN {
            let _ = exchange(signal, &new);
        } else {
            let _ = put_in_place(&new);
        }
    }
    before.unwrap_or_else(|| of_parent(signal))
}

/// Puts a handler of ours in place that the program does not notice, unless the program puts its own there later; says whether
/// that worked. Calls that can be restarted are.
pub(crate) fn listen(signal: c_int, handler: extern "C" fn(c_int)) -> bool {
    let mut action = default_action();
    action.sa_sigaction = handler as sighandler_t;
    action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
    exchange(signal, &action).is_some()
}

/// Sets the kernel's action to the default.
pub(super) fn give_up(signal: c_int) {
    let _ = exchange(signal, &default_action());
}

/// Holds the wishes still over a fork. All signals but those of instructions are blocked.
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

/// Replaces the wish for a signal that is kept here; returns the one before.
fn wish(signal: c_int, new: Option<Action>) -> Action {
    if let Some(child) = Child::here() {
        return wish_of_child(child, signal, new);
    }
    with_wishes(|wishes| {
        let before = wishes.of(signal).action();
        if let Some(new) = new {
            *wishes.of(signal) = Kept(MaybeUninit::new(new));
            if signal == libc::SIGSEGV {
                wishes.below = None;
                let _ = put_in_place(&new);
            }
        }
        before
    })
}

/// `sigaction`: for SIGSEGV the program's wish is kept; the masks of all handlers leave SIGSEGV deliverable.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigaction(signal: c_int, new: *const Action, old: *mut Action) -> c_int {
    // Copied before anything is locked: reading or writing the program's memory may fault.
    // SAFETY: valid for a read when not null (contract).
    let wanted = (!new.is_null()).then(|| unsafe { new.read() });
    if let Some(wanted) = &wanted {
        note_handler(signal, wanted.sa_sigaction);
    }
    if !installed() {
        // SAFETY: the same contract.
        return unsafe { next_sigaction(signal, new, old) };
    }
    let new = wanted;
    let before = if is_kept(signal) {
        wish(signal, new)
    } else {
        let translated = new.map(|mut new| {
            new.sa_mask = to_kernel(new.sa_mask);
            new
        });
        let new = translated.as_ref().map_or(null(), core::ptr::from_ref);
        let mut before = MaybeUninit::<Action>::zeroed();
        // SAFETY: both live across the call.
        if unsafe { next_sigaction(signal, new, before.as_mut_ptr()) } != 0 {
            return -1;
        }
        let mut before = Kept(before).action();
        before.sa_mask = to_program(before.sa_mask);
        before
    };
    if !old.is_null() {
        // SAFETY: valid for a write when not null (contract).
        unsafe { old.write(before) };
    }
    0
}

/// `sigaction` by the name that the C library uses for itself.
///
/// # Safety
/// As for `sigaction`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __sigaction(signal: c_int, new: *const Action, old: *mut Action) -> c_int {
    // SAFETY: the same contract.
    unsafe { sigaction(signal, new, old) }
}

/// Sets a handler for a signal that is kept here; returns the one before.
fn set_handler(signal: c_int, handler: sighandler_t, flags: c_int, itself: bool) -> sighandler_t {
    if handler == libc::SIG_ERR {
        errno::set(libc::EINVAL);
        return libc::SIG_ERR;
    }
    let mut new = default_action();
    new.sa_sigaction = handler;
    new.sa_flags = flags;
    new.sa_mask = with(new.sa_mask, signal, itself);
    wish(signal, Some(new)).sa_sigaction
}

/// `signal`, as BSD and glibc have it: calls are restarted, the handler stays.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signal(signal: c_int, handler: sighandler_t) -> sighandler_t {
    note_handler(signal, handler);
    if is_kept(signal) {
        return set_handler(signal, handler, libc::SA_RESTART, true);
    }
    // SAFETY: the same contract.
    unsafe { next_signal(signal, handler) }
}

/// `bsd_signal`: `signal` by another name.
///
/// # Safety
/// As for `signal`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bsd_signal(number: c_int, handler: sighandler_t) -> sighandler_t {
    // SAFETY: the same contract.
    unsafe { signal(number, handler) }
}

/// `ssignal`: `signal` by another name.
///
/// # Safety
/// As for `signal`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ssignal(number: c_int, handler: sighandler_t) -> sighandler_t {
    // SAFETY: the same contract.
    unsafe { signal(number, handler) }
}

/// `signal` as System V has it, and programs compiled for that: the handler is for one signal, which is not deferred.
///
/// # Safety
/// As for `signal`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __sysv_signal(signal: c_int, handler: sighandler_t) -> sighandler_t {
    note_handler(signal, handler);
    if is_kept(signal) {
        let flags = libc::SA_RESETHAND | libc::SA_NODEFER | SA_INTERRUPT;
        return set_handler(signal, handler, flags, false);
    }
    // SAFETY: the same contract.
    unsafe { next_sysv_signal(signal, handler) }
}

/// `__sysv_signal` by another name.
///
/// # Safety
/// As for `signal`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sysv_signal(signal: c_int, handler: sighandler_t) -> sighandler_t {
    // SAFETY: the same contract.
    unsafe { __sysv_signal(signal, handler) }
}

/// `sigset`: sets a handler and unblocks the signal, or blocks it.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigset(signal: c_int, handler: sighandler_t) -> sighandler_t {
    note_handler(signal, handler);
    if !is_kept(signal) {
        // SAFETY: the same contract.
        return unsafe { next_sigset(signal, handler) };
    }
    let only = with(super::mask::empty(), signal, true);
    let mut blocked = super::mask::empty();
    let (how, before) = if handler == SIG_HOLD {
        (libc::SIG_BLOCK, wish(signal, None).sa_sigaction)
    } else {
        (libc::SIG_UNBLOCK, set_handler(signal, handler, 0, false))
    };
    if before == libc::SIG_ERR {
        return before;
    }
    // SAFETY: both sets live across the call.
    unsafe { super::mask::sigprocmask(how, &raw const only, &raw mut blocked) };
    if super::mask::has(&blocked, signal) {
        SIG_HOLD
    } else {
        before
    }
}

/// `sigignore`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigignore(signal: c_int) -> c_int {
    let mut new = default_action();
    new.sa_sigaction = libc::SIG_IGN;
    // SAFETY: the action lives across the call.
    unsafe { sigaction(signal, &raw const new, null_mut()) }
}

/// `siginterrupt`: whether the signal's handler interrupts system calls.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn siginterrupt(signal: c_int, interrupt: c_int) -> c_int {
    if !is_kept(signal) {
        // SAFETY: the same contract.
        return unsafe { next_siginterrupt(signal, interrupt) };
    }
    let mut new = wish(signal, None);
    if interrupt == 0 {
        new.sa_flags |= libc::SA_RESTART;
    } else {
        new.sa_flags &= !libc::SA_RESTART;
    }
    wish(signal, Some(new));
    0
}
