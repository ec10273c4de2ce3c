//! Whether code of the program may be interrupted by a handler of the program.

use core::sync::atomic::{AtomicBool, Ordering};

use libc::{c_int, sighandler_t};

/// What `sigset` takes and returns for "blocked".
pub(super) const SIG_HOLD: sighandler_t = 2;

/// Whether the program has, or had, a handler for a signal that may come at any moment, and not only where an instruction
/// raises it. Those that instructions raise may be sent as well.
static HANDLERS: AtomicBool = AtomicBool::new(false);

/// Whether code of the program may be interrupted by a handler of the program.
pub(crate) fn handlers_may_run() -> bool {
    HANDLERS.load(Ordering::Relaxed)
}

/// Notes that somebody sends a signal whose handlers were not expected to run at any moment.
pub(super) fn note_sent() {
    HANDLERS.store(true, Ordering::Relaxed);
}

/// Notes that `handler` may be called from now on.
pub(super) fn note_handler(signal: c_int, handler: sighandler_t) {
    // Where SIGSEGV is sent, our own handler learns of it first.
    let is_raised = signal == libc::SIGSEGV;
    let is_function = !matches!(
        handler,
        libc::SIG_DFL | libc::SIG_IGN | libc::SIG_ERR | SIG_HOLD
    );
    if is_function && !is_raised {
        // Relaxed: it is set before the first signal can come to this thread, and another that sleeps already has
        // interrupted nothing.
        HANDLERS.store(true, Ordering::Relaxed);
    }
}
