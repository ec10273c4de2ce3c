//! Signal masks: the program's, and what the kernel gets.
//!
//! The kernel never has SIGSEGV in a mask of ours. In its place stands SIGSTKFLT, which no kernel sends:
//!
//! | the program's mask | the kernel's mask |
//! |---|---|
//! | SIGSEGV blocked | SIGSTKFLT blocked |
//! | SIGSEGV not blocked | neither is blocked |
//!
//! So the bit goes wherever a mask goes without us: to new threads, over `siglongjmp`, `swapcontext` and the end of a handler,
//! and to the program that this process turns into. The price: SIGSTKFLT is blocked when SIGSEGV is, and only then. A program
//! sees it in its mask where it sees signals that are blocked by those alone who block all.

use core::ptr::null_mut;

use arena::SignalMask;
use arena::os::syscall;
use libc::{c_int, pthread_attr_t, sigset_t};

use super::installed::installed;
use crate::ground::errno;
use crate::ground::next::next;
use crate::ground::signal_set::{LAST, bit, is_signal, of_word, word};
pub(super) use crate::ground::signal_set::{empty, has, with};
use crate::unseen::hazards::during;
use crate::unseen::written::Written;

next!(fn next_sigprocmask = c"sigprocmask"(how: c_int, new: *const sigset_t, old: *mut sigset_t) -> c_int);
next!(fn next_pthread_sigmask = c"pthread_sigmask"(how: c_int, new: *const sigset_t, old: *mut sigset_t) -> c_int);
next!(fn next_sigpending = c"sigpending"(set: *mut sigset_t) -> c_int);
next!(fn next_attr_setsigmask = c"pthread_attr_setsigmask_np"(attributes: *mut pthread_attr_t, set: *const sigset_t) -> c_int);
next!(fn next_attr_getsigmask = c"pthread_attr_getsigmask_np"(attributes: *const pthread_attr_t, set: *mut sigset_t) -> c_int);

/// The signal whose bit in the kernel's masks says that the program has SIGSEGV blocked.
pub(super) const STAND_IN: c_int = libc::SIGSTKFLT;

/// The kernel's form of a mask's word.
pub(super) fn kernel_word(word: u64) -> u64 {
    let (segv, stand_in) = (bit(libc::SIGSEGV), bit(STAND_IN));
    let others = word & !(segv | stand_in);
    if word & segv != 0 {
        others | stand_in
    } else {
        others
    }
}

/// The program's form of a mask's word. After a raw system call of the program's, SIGSEGV itself may be in it.
pub(super) fn program_word(word: u64) -> u64 {
    let (segv, stand_in) = (bit(libc::SIGSEGV), bit(STAND_IN));
    // Nobody blocks these but who blocks all.
    let all = bit(libc::SIGPWR) | bit(LAST);
    match word & stand_in != 0 {
        true if word & all == all => word | segv,
        true => word & !stand_in | segv,
        false => word,
    }
}

/// The kernel's form of a mask.
pub(super) fn to_kernel(set: sigset_t) -> sigset_t {
    of_word(kernel_word(word(&set)))
}

/// The program's form of a mask of the kernel.
pub(super) fn to_program(set: sigset_t) -> sigset_t {
    of_word(program_word(word(&set)))
}

/// Rewrites a set of the program's, unless `place` is null.
///
/// # Safety
/// `place` is null or a valid set to read and write.
pub(super) unsafe fn rewrite(place: *mut sigset_t, change: impl FnOnce(sigset_t) -> sigset_t) {
    if place.is_null() {
        return;
    }
    // SAFETY: valid for a read (contract).
    let set = unsafe { place.read() };
    // SAFETY: valid for a write (contract).
    unsafe { place.write(change(set)) };
}

/// A mask that the program passed, as the kernel gets it.
pub(crate) struct ForKernel(Option<sigset_t>);

impl ForKernel {
    /// None.
    pub(crate) const NONE: Self = Self(None);

    /// # Safety
    /// `set` is null or valid for a read.
    #[inline(never)]
    pub(crate) unsafe fn new(set: *const sigset_t) -> Self {
        if set.is_null() {
            return Self(None);
        }
        // SAFETY: valid for a read (contract).
        let set = unsafe { set.read() };
        Self(Some(if installed() { to_kernel(set) } else { set }))
    }

    /// The kernel's word of the set.
    pub(crate) fn word(&self) -> Option<SignalMask> {
        self.0.as_ref().map(|set| SignalMask(word(set)))
    }

    /// The set's address; null when the program's was.
    pub(crate) fn pointer(&self) -> *const sigset_t {
        self.0
            .as_ref()
            .map_or(core::ptr::null(), core::ptr::from_ref)
    }
}

/// Changes the calling thread's mask by the system call, also by signals that the C library would leave out; returns the word
/// before.
fn change(how: c_int, word: u64) -> u64 {
    let mut before = 0_u64;
    let arguments = [
        how as usize,
        (&raw const word).expose_provenance(),
        (&raw mut before).expose_provenance(),
        size_of::<u64>(),
        0,
        0,
    ];
    // SAFETY: both words live across the call, which is told their size.
    let _ = unsafe { syscall(libc::SYS_rt_sigprocmask, arguments) };
    before
}

/// Blocks more signals in the calling thread.
pub(super) fn block(more: SignalMask) {
    let _ = change(libc::SIG_BLOCK, more.0);
}

/// Runs `act` where no signal can interrupt it.
pub(super) fn uninterrupted<T>(act: impl FnOnce() -> T) -> T {
    let before = change(libc::SIG_SETMASK, u64::MAX);
    let result = act();
    let _ = change(libc::SIG_SETMASK, before);
    result
}

/// Gives the calling thread's mask, which came from another program or from the C library, our form. No other signal is touched:
/// a thread of the C library may wait for one that nobody else knows.
pub(super) fn adopt() {
    let fault = bit(libc::SIGSEGV);
    if change(libc::SIG_BLOCK, 0) & fault != 0 {
        let _ = change(libc::SIG_BLOCK, bit(STAND_IN));
        let _ = change(libc::SIG_UNBLOCK, fault);
    }
}

/// Changes a mask by `next`.
///
/// # Safety
/// `new` and `old` are null or valid sets.
unsafe fn changed(
    new: *const sigset_t,
    old: *mut sigset_t,
    next: impl FnOnce(*const sigset_t) -> c_int,
) -> c_int {
    // SAFETY: the same contract.
    let set = unsafe { ForKernel::new(new) };
    let result = next(set.pointer());
    if result == 0 && installed() {
        // SAFETY: the same contract.
        unsafe { rewrite(old, to_program) };
    }
    result
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
    // SAFETY: null or valid sets (contract).
    unsafe { changed(new, old, next) }
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
    // SAFETY: null or valid sets (contract).
    unsafe { changed(new, old, next) }
}

/// `sigpending`: a SIGSEGV that waits does so as its stand-in.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigpending(set: *mut sigset_t) -> c_int {
    let written = Written::NOTHING.object(set);
    // SAFETY: the same contract.
    let result = during(&written, || unsafe { next_sigpending(set) });
    if result == 0 && installed() {
        // SAFETY: the call has written a set.
        unsafe { rewrite(set, |set| with(to_program(set), STAND_IN, false)) };
    }
    result
}

/// `pthread_attr_setsigmask_np`: the mask that a thread begins with.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_attr_setsigmask_np(
    attributes: *mut pthread_attr_t,
    set: *const sigset_t,
) -> c_int {
    // SAFETY: the same contract.
    let set = unsafe { ForKernel::new(set) };
    // SAFETY: valid attributes (contract); the set lives across the call.
    unsafe { next_attr_setsigmask(attributes, set.pointer()) }
}

/// `pthread_attr_getsigmask_np`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_attr_getsigmask_np(
    attributes: *const pthread_attr_t,
    set: *mut sigset_t,
) -> c_int {
    // SAFETY: the same contract.
    let result = unsafe { next_attr_getsigmask(attributes, set) };
    if result == 0 && installed() {
        // SAFETY: the call has written a set.
        unsafe { rewrite(set, to_program) };
    }
    result
}

/// The set of the lowest 32 signals, as BSD has it.
fn from_bits(bits: c_int) -> sigset_t {
    (1..=32)
        .filter(|signal| bits >> (signal - 1) & 1 != 0)
        .fold(empty(), |set, signal| with(set, signal, true))
}

/// The lowest 32 signals of a set.
fn bits(set: &sigset_t) -> c_int {
    (1..=32)
        .filter(|&signal| has(set, signal))
        .fold(0, |bits, signal| bits | 1 << (signal - 1))
}

/// Changes the mask as `how` says; returns the mask before, or -1.
fn change_bits(how: c_int, mask: c_int) -> c_int {
    let set = from_bits(mask);
    let mut old = empty();
    // SAFETY: both sets live across the call.
    if unsafe { sigprocmask(how, &raw const set, &raw mut old) } != 0 {
        return -1;
    }
    bits(&old)
}

/// `sigblock`.
#[unsafe(no_mangle)]
pub extern "C" fn sigblock(mask: c_int) -> c_int {
    change_bits(libc::SIG_BLOCK, mask)
}

/// `sigsetmask`.
#[unsafe(no_mangle)]
pub extern "C" fn sigsetmask(mask: c_int) -> c_int {
    change_bits(libc::SIG_SETMASK, mask)
}

/// Changes one bit of the mask.
fn change_one(how: c_int, signal: c_int) -> c_int {
    if !is_signal(signal) {
        errno::set(libc::EINVAL);
        return -1;
    }
    let set = with(empty(), signal, true);
    // SAFETY: the set lives across the call.
    unsafe { sigprocmask(how, &raw const set, null_mut()) }
}

/// `sighold`.
#[unsafe(no_mangle)]
pub extern "C" fn sighold(signal: c_int) -> c_int {
    change_one(libc::SIG_BLOCK, signal)
}

/// `sigrelse`.
#[unsafe(no_mangle)]
pub extern "C" fn sigrelse(signal: c_int) -> c_int {
    change_one(libc::SIG_UNBLOCK, signal)
}
