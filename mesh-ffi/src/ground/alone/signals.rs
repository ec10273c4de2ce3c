//! Signals: actions and masks.

use core::ffi::{c_int, c_void};
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU64, Ordering};

use arena::os::syscall;
use libc::{sigaction as Action, sighandler_t, sigset_t};

use crate::ground::errno;
use crate::ground::signal_set::{empty, full, has, is_signal, of_word, with, word};

use super::returning::{RESTORER, restorer};
use super::{StandIn, answer};

/// The kernel's size of a mask: one word.
const MASK: usize = size_of::<u64>();

/// A flag that means nothing to the kernel, but is read back.
const SA_INTERRUPT: c_int = 0x2000_0000;

/// The action of `sigset` that only blocks.
const SIG_HOLD: sighandler_t = 2;

/// Signals whose handlers interrupt system calls, as `siginterrupt` has said.
static INTERRUPTING: AtomicU64 = AtomicU64::new(0);

/// The kernel's action.
#[repr(C)]
struct Kernels {
    handler: usize,
    flags: usize,
    restorer: usize,
    mask: u64,
}

unsafe extern "C" fn sigaction(signal: c_int, new: *const Action, old: *mut Action) -> c_int {
    if !is_signal(signal) {
        errno::set(libc::EINVAL);
        return -1;
    }
    // SAFETY: valid for a read when not null (contract).
    let wanted = unsafe { new.as_ref() }.map(|new| Kernels {
        handler: new.sa_sigaction,
        flags: (new.sa_flags | RESTORER) as usize,
        restorer: restorer(),
        mask: word(&new.sa_mask),
    });
    let wanted = wanted
        .as_ref()
        .map_or(0, |wanted| core::ptr::from_ref(wanted).addr());
    let mut before = MaybeUninit::<Kernels>::zeroed();
    let arguments = [
        signal as usize,
        wanted,
        before.as_mut_ptr().expose_provenance(),
        MASK,
        0,
        0,
    ];
    // SAFETY: both actions live across the call.
    if answer(unsafe { syscall(libc::SYS_rt_sigaction, arguments) }) != 0 {
        return -1;
    }
    if !old.is_null() {
        // SAFETY: zeros are valid for every field, and the kernel has written them.
        let before = unsafe { before.assume_init() };
        let mut action = action(before.handler, before.flags as c_int & !RESTORER);
        action.sa_mask = of_word(before.mask);
        // SAFETY: valid for a write when not null (contract).
        unsafe { old.write(action) };
    }
    0
}

/// An action with an empty mask.
fn action(handler: sighandler_t, flags: c_int) -> Action {
    let action = MaybeUninit::<Action>::zeroed();
    // SAFETY: zeros are valid for every field.
    let mut action = unsafe { action.assume_init() };
    action.sa_sigaction = handler;
    action.sa_flags = flags;
    action
}

/// Sets an action; returns the handler before.
fn exchange(signal: c_int, new: &Action) -> sighandler_t {
    let mut old = action(libc::SIG_DFL, 0);
    // SAFETY: both live across the call.
    if unsafe { sigaction(signal, new, &raw mut old) } != 0 {
        return libc::SIG_ERR;
    }
    old.sa_sigaction
}

extern "C" fn signal(signal: c_int, handler: sighandler_t) -> sighandler_t {
    if handler == libc::SIG_ERR || !is_signal(signal) {
        errno::set(libc::EINVAL);
        return libc::SIG_ERR;
    }
    let interrupts = has(&of_word(INTERRUPTING.load(Ordering::Relaxed)), signal);
    let flags = if interrupts { 0 } else { libc::SA_RESTART };
    let mut new = action(handler, flags);
    new.sa_mask = with(empty(), signal, true);
    exchange(signal, &new)
}

extern "C" fn sysv_signal(signal: c_int, handler: sighandler_t) -> sighandler_t {
    if handler == libc::SIG_ERR {
        errno::set(libc::EINVAL);
        return libc::SIG_ERR;
    }
    let flags = libc::SA_RESETHAND | libc::SA_NODEFER | SA_INTERRUPT;
    exchange(signal, &action(handler, flags))
}

extern "C" fn siginterrupt(signal: c_int, interrupt: c_int) -> c_int {
    let mut now = action(libc::SIG_DFL, 0);
    // SAFETY: the action lives across the call.
    if unsafe { sigaction(signal, core::ptr::null(), &raw mut now) } != 0 {
        return -1;
    }
    let bit = word(&with(empty(), signal, true));
    if interrupt == 0 {
        INTERRUPTING.fetch_and(!bit, Ordering::Relaxed);
        now.sa_flags |= libc::SA_RESTART;
    } else {
        INTERRUPTING.fetch_or(bit, Ordering::Relaxed);
        now.sa_flags &= !libc::SA_RESTART;
    }
    // SAFETY: the action lives across the call; its handler is the one that there was.
    unsafe { sigaction(signal, &raw const now, core::ptr::null_mut()) }
}

extern "C" fn sigset(signal: c_int, handler: sighandler_t) -> sighandler_t {
    if handler == libc::SIG_ERR || !is_signal(signal) {
        errno::set(libc::EINVAL);
        return libc::SIG_ERR;
    }
    let only = with(empty(), signal, true);
    let mut blocked = empty();
    let (how, before) = if handler == SIG_HOLD {
        let mut now = action(libc::SIG_DFL, 0);
        // SAFETY: the action lives across the call.
        let failed = unsafe { sigaction(signal, core::ptr::null(), &raw mut now) } != 0;
        (
            libc::SIG_BLOCK,
            if failed {
                libc::SIG_ERR
            } else {
                now.sa_sigaction
            },
        )
    } else {
        (libc::SIG_UNBLOCK, exchange(signal, &action(handler, 0)))
    };
    if before == libc::SIG_ERR {
        return before;
    }
    // SAFETY: both sets live across the call.
    unsafe { sigprocmask(how, &raw const only, &raw mut blocked) };
    if has(&blocked, signal) {
        SIG_HOLD
    } else {
        before
    }
}

/// Changes the mask; what the kernel returned. The C library's own signals stay deliverable.
///
/// # Safety
/// Both are null or valid.
unsafe fn change(how: c_int, new: *const sigset_t, old: *mut sigset_t) -> isize {
    // SAFETY: valid for a read when not null (contract).
    let wanted = unsafe { new.as_ref() }.map(|new| word(new) & word(&full()));
    let wanted = wanted
        .as_ref()
        .map_or(0, |wanted| core::ptr::from_ref(wanted).addr());
    let arguments = [how as usize, wanted, old.expose_provenance(), MASK, 0, 0];
    // SAFETY: the mask lives across the call.
    unsafe { syscall(libc::SYS_rt_sigprocmask, arguments) }
}

unsafe extern "C" fn sigprocmask(how: c_int, new: *const sigset_t, old: *mut sigset_t) -> c_int {
    // SAFETY: the same contract.
    answer(unsafe { change(how, new, old) }) as c_int
}

unsafe extern "C" fn pthread_sigmask(
    how: c_int,
    new: *const sigset_t,
    old: *mut sigset_t,
) -> c_int {
    // SAFETY: the same contract.
    -unsafe { change(how, new, old) } as c_int
}

unsafe extern "C" fn sigpending(set: *mut c_void) -> c_int {
    let arguments = [set.expose_provenance(), MASK, 0, 0, 0, 0];
    // SAFETY: the program's set.
    answer(unsafe { syscall(libc::SYS_rt_sigpending, arguments) }) as c_int
}

/// All of them.
pub(super) const ALL: &[StandIn] = &[
    StandIn::new(c"sigaction", sigaction as *const ()),
    StandIn::new(c"__sigaction", sigaction as *const ()),
    StandIn::new(c"signal", signal as *const ()),
    StandIn::new(c"__sysv_signal", sysv_signal as *const ()),
    StandIn::new(c"siginterrupt", siginterrupt as *const ()),
    StandIn::new(c"sigset", sigset as *const ()),
    StandIn::new(c"sigprocmask", sigprocmask as *const ()),
    StandIn::new(c"pthread_sigmask", pthread_sigmask as *const ()),
    StandIn::new(c"sigpending", sigpending as *const ()),
];
