//! Faults on protected pages are ours; all others reach the program as if we were not there.
//!
//! While meshing may happen, our handler has SIGSEGV, and what the program asks for is kept here. SIGSEGV stays
//! deliverable: a thread that writes to a protected page with the signal blocked would be killed.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering};

use heap::{Mutex, SpinLock};
use libc::{c_int, sigaction as Action, sighandler_t, siginfo_t as Info, sigset_t};

use crate::hazards::during;
use crate::next::next;
use crate::process::HEAP;
use crate::written::Written;
use crate::{errno, fork, tls};

next!(fn next_sigaction = c"sigaction"(signal: c_int, new: *const Action, old: *mut Action) -> c_int);
next!(fn next_sigprocmask = c"sigprocmask"(how: c_int, new: *const sigset_t, old: *mut sigset_t) -> c_int);
next!(fn next_pthread_sigmask = c"pthread_sigmask"(how: c_int, new: *const sigset_t, old: *mut sigset_t) -> c_int);

/// Whether our handler is in place.
static INSTALLED: AtomicBool = AtomicBool::new(false);

/// What the program wants to happen on SIGSEGV.
static PROGRAM: Mutex<SpinLock, Kept> = Mutex::new(Kept(MaybeUninit::zeroed()));

/// An action. All zeros is the default action without flags.
#[derive(Clone, Copy)]
struct Kept(MaybeUninit<Action>);

impl Kept {
    fn action(self) -> Action {
        // SAFETY: zeros are valid for every field, and whole actions are written.
        unsafe { self.0.assume_init() }
    }
}

/// Puts our handler in place; says whether that worked.
pub(crate) fn install() -> bool {
    let mut ours = Kept(MaybeUninit::zeroed()).action();
    ours.sa_sigaction = on_fault as extern "C" fn(c_int, *mut Info, *mut c_void) as sighandler_t;
    ours.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER | libc::SA_RESTART;
    let mut before = MaybeUninit::zeroed();
    // SAFETY: both actions live across the call.
    if unsafe { next_sigaction(libc::SIGSEGV, &raw const ours, before.as_mut_ptr()) } != 0 {
        return false;
    }
    *PROGRAM.lock() = Kept(before);
    INSTALLED.store(true, Ordering::Release);
    true
}

/// Our handler.
extern "C" fn on_fault(signal: c_int, info: *mut Info, context: *mut c_void) {
    let ours = errno::preserved(|| {
        // SAFETY: the kernel passes both, since the handler was installed with SA_SIGINFO.
        let fault = unsafe { Fault::new(info, context) };
        fault.is_some_and(|fault| fault.wait())
    });
    if !ours {
        // SAFETY: as above.
        unsafe { pass_on(signal, info, context) };
    }
}

/// A write to a page of the arena that did not permit it, or an access to one that is missing.
struct Fault {
    page: usize,
    /// Whether nothing is mapped there, as in a child that the page was withheld from.
    is_missing: bool,
}

impl Fault {
    /// # Safety
    /// Both come from the kernel, for a signal of ours.
    unsafe fn new(info: *const Info, context: *const c_void) -> Option<Self> {
        const SEGV_MAPERR: c_int = 1;
        const SEGV_ACCERR: c_int = 2;
        // SAFETY: valid (contract).
        let info = unsafe { &*info };
        let is_missing = info.si_code == SEGV_MAPERR;
        // SAFETY: valid (contract).
        if !is_missing && (info.si_code != SEGV_ACCERR || !unsafe { is_write(context) }) {
            return None;
        }
        // SAFETY: a fault's information has an address.
        let address = unsafe { info.si_addr() }.addr();
        let labels = HEAP.global().labels();
        let page = labels.page_at(address)?;
        // Only small objects are ever protected.
        labels.label(page).as_small()?;
        Some(Self {
            page: labels.address_of(page),
            is_missing,
        })
    }

    /// Waits until the page may be writable; false when waiting does not help, so that somebody else protected it.
    fn wait(&self) -> bool {
        if fork::finish_in_child() {
            return true;
        }
        if self.is_missing {
            return false;
        }
        let pages = HEAP.global().pages();
        let phase = pages.barrier().wait_out(pages.os()) as usize;
        if tls::last_fault() == (self.page, phase) {
            return false;
        }
        tls::set_last_fault(self.page, phase);
        true
    }
}

/// Whether the fault was a write of data.
///
/// # Safety
/// `context` comes from the kernel.
unsafe fn is_write(context: *const c_void) -> bool {
    /// The bit of a page fault's error code that says "write".
    const WRITE: i64 = 1 << 1;
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: valid (contract).
    let error = unsafe { (*context).uc_mcontext.gregs[libc::REG_ERR as usize] };
    error & WRITE != 0
}

/// Does what the program, or the system, would have done.
///
/// # Safety
/// The arguments are those of a handler.
unsafe fn pass_on(signal: c_int, info: *mut Info, context: *mut c_void) {
    let action = {
        let mut kept = PROGRAM.lock();
        let action = kept.action();
        if action.sa_flags & libc::SA_RESETHAND != 0 {
            *kept = Kept(MaybeUninit::zeroed());
        }
        action
    };
    // SAFETY: valid (contract).
    let sent = unsafe { (*info).si_code } <= 0;
    match action.sa_sigaction {
        libc::SIG_IGN if sent => {}
        libc::SIG_DFL | libc::SIG_IGN => {
            // Tried again with the default action, the instruction ends the process with the right signal and address.
            // What somebody sent is sent again.
            let default = Kept(MaybeUninit::zeroed()).action();
            // SAFETY: the action lives across the call.
            unsafe { next_sigaction(signal, &raw const default, core::ptr::null_mut()) };
            if sent {
                // SAFETY: has no preconditions.
                unsafe { libc::raise(signal) };
            }
        }
        handler => {
            // The kernel takes the mask back when our handler returns.
            // SAFETY: the set lives across the call.
            unsafe {
                next_pthread_sigmask(
                    libc::SIG_BLOCK,
                    &raw const action.sa_mask,
                    core::ptr::null_mut(),
                )
            };
            // A handler without SA_SIGINFO ignores what it does not know, as the calling convention permits.
            // SAFETY: the program said that this is a handler.
            let handler = unsafe {
                core::mem::transmute::<sighandler_t, extern "C" fn(c_int, *mut Info, *mut c_void)>(
                    handler,
                )
            };
            handler(signal, info, context);
        }
    }
}

/// The set without SIGSEGV.
fn without_ours(mut set: sigset_t) -> sigset_t {
    // SAFETY: a valid set.
    unsafe { libc::sigdelset(&raw mut set, libc::SIGSEGV) };
    set
}

/// `sigaction`: for SIGSEGV the program's wish is kept; the masks of all handlers leave SIGSEGV deliverable.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigaction(signal: c_int, new: *const Action, old: *mut Action) -> c_int {
    if !INSTALLED.load(Ordering::Acquire) {
        // SAFETY: the same contract.
        return unsafe { next_sigaction(signal, new, old) };
    }
    // Copied before anything is locked: reading or writing the program's memory may fault.
    let wish = (!new.is_null()).then(|| {
        // SAFETY: valid for a read when not null (contract).
        let mut wish = unsafe { new.read() };
        wish.sa_mask = without_ours(wish.sa_mask);
        wish
    });
    if signal != libc::SIGSEGV {
        let new = wish.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
        // SAFETY: the same contract; `wish` lives across the call.
        return unsafe { next_sigaction(signal, new, old) };
    }
    let before = {
        let mut kept = PROGRAM.lock();
        let before = kept.action();
        if let Some(wish) = wish {
            *kept = Kept(MaybeUninit::new(wish));
        }
        before
    };
    if !old.is_null() {
        // SAFETY: valid for a write when not null (contract).
        unsafe { old.write(before) };
    }
    0
}

/// `signal`, as BSD and glibc have it: calls are restarted, the handler stays.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signal(signal: c_int, handler: sighandler_t) -> sighandler_t {
    let mut new = Kept(MaybeUninit::zeroed()).action();
    new.sa_sigaction = handler;
    new.sa_flags = libc::SA_RESTART;
    let mut old = MaybeUninit::zeroed();
    // SAFETY: both actions live across the call.
    if unsafe { sigaction(signal, &raw const new, old.as_mut_ptr()) } != 0 {
        return libc::SIG_ERR;
    }
    Kept(old).action().sa_sigaction
}

/// Calls `next` with the set that a program wants to block, less SIGSEGV.
///
/// # Safety
/// `new` is null or valid for a read.
unsafe fn masked(
    how: c_int,
    new: *const sigset_t,
    next: impl FnOnce(*const sigset_t) -> c_int,
) -> c_int {
    if new.is_null() || how == libc::SIG_UNBLOCK || !INSTALLED.load(Ordering::Acquire) {
        return next(new);
    }
    // SAFETY: valid for a read (contract).
    let set = without_ours(unsafe { new.read() });
    next(&raw const set)
}

/// `sigprocmask`; SIGSEGV stays deliverable.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigprocmask(
    how: c_int,
    new: *const sigset_t,
    old: *mut sigset_t,
) -> c_int {
    let written = Written::NOTHING.object(old);
    // SAFETY: the same contract.
    let next = |new| during(&written, || unsafe { next_sigprocmask(how, new, old) });
    // SAFETY: as above.
    unsafe { masked(how, new, next) }
}

/// `pthread_sigmask`; SIGSEGV stays deliverable.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_sigmask(
    how: c_int,
    new: *const sigset_t,
    old: *mut sigset_t,
) -> c_int {
    let written = Written::NOTHING.object(old);
    // SAFETY: the same contract.
    let next = |new| during(&written, || unsafe { next_pthread_sigmask(how, new, old) });
    // SAFETY: as above.
    unsafe { masked(how, new, next) }
}
