//! Whether code of the program may be interrupted by a handler of the program.

use core::sync::atomic::{AtomicBool, Ordering};

use libc::{c_int, sighandler_t};

use crate::ground::reach::is_filtered;
use crate::ground::system;

/// What `sigset` takes and returns for "blocked".
pub(super) const SIG_HOLD: sighandler_t = 2;

/// Whether the program has, or had, a handler for a signal that may come at any moment, and not only where an instruction
/// raises it. Those that instructions raise may be sent as well.
static HANDLERS: AtomicBool = AtomicBool::new(false);

/// The same of signals that instructions raise, where the handler wants the alternate stack. Every program in Rust has one of
/// those.
static HANDLERS_ASIDE: AtomicBool = AtomicBool::new(false);

/// Whether code of the program may be interrupted by a handler of the program.
pub(crate) fn handlers_may_run() -> bool {
    HANDLERS.load(Ordering::Relaxed) || HANDLERS_ASIDE.load(Ordering::Relaxed)
}

/// Whether the caller may have been called by a handler of the program. May ask the kernel, if it is worth a system call to know.
pub(crate) fn may_be_in_handler(is_worth_asking: bool) -> bool {
    let aside = || HANDLERS_ASIDE.load(Ordering::Relaxed);
    let elsewhere = || is_worth_asking && !is_filtered() && system::is_off_alternate_stack();
    HANDLERS.load(Ordering::Relaxed) || aside() && !elsewhere()
}

/// Notes that somebody sends a signal whose handlers were not expected to run at any moment.
pub(super) fn note_sent() {
    HANDLERS.store(true, Ordering::Relaxed);
}

/// Notes that `handler` may be called from now on, as its `flags` say.
pub(super) fn note_handler(signal: c_int, handler: sighandler_t, flags: c_int) {
    // Where SIGSEGV is sent, our own handler learns of it first.
    if signal == libc::SIGSEGV {
        return;
    }
    let is_function = !matches!(
        handler,
        libc::SIG_DFL | libc::SIG_IGN | libc::SIG_ERR | SIG_HOLD
    );
    if is_function {
        let is_raised = matches!(
            signal,
            libc::SIGBUS | libc::SIGFPE | libc::SIGILL | libc::SIGTRAP
        );
        let is_aside = is_raised && flags & libc::SA_ONSTACK != 0;
        let noted = if is_aside { &HANDLERS_ASIDE } else { &HANDLERS };
        // Relaxed: it is set before the first signal can come to this thread, and another that sleeps already has
        // interrupted nothing.
        noted.store(true, Ordering::Relaxed);
    }
}
