//! The fault handler that meshing asks for: whoever writes to a protected page waits for the barrier to end.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Once, OnceLock};

use arena::Os;
use heap::Labels;
use mesh::Arena;

/// An arena whose pages may be protected.
struct Watched {
    labels: Labels,
    /// Waits until the barrier under way has ended; returns how many there have been.
    wait: Box<dyn Fn() -> u32 + Send + Sync>,
}

/// As many arenas as the tests of one process have at a time.
static WATCHED: [OnceLock<Watched>; 64] = [const { OnceLock::new() }; 64];

/// How often a thread has waited.
static WAITS: AtomicUsize = AtomicUsize::new(0);

/// How often a thread of this process has waited for a barrier to end.
pub(crate) fn waits() -> usize {
    WAITS.load(Ordering::Relaxed)
}

thread_local! {
    /// The page of this thread's last fault, and how many barriers there had been.
    static LAST: Cell<(usize, u32)> = const { Cell::new((0, 0)) };
}

/// Installs the handler, and has it look after `arena` too.
pub(crate) fn watch<S: Os>(arena: &'static Arena<S>) {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(install);
    let labels = heap::SpanPages::labels(arena);
    assert_ne!(labels.page_count(), 0);
    let wait = Box::new(|| arena.barrier().wait_out(arena.os()));
    let mut watched = Watched { labels, wait };
    for place in &WATCHED {
        match place.set(watched) {
            Ok(()) => return,
            Err(other) => watched = other,
        }
    }
    panic!("more arenas than anybody expected");
}

fn install() {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: zeros are a valid action.
    let action = unsafe { action.assume_init_mut() };
    action.sa_sigaction =
        on_fault as extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    // SAFETY: the handler only waits, or restores the default action.
    let failed = unsafe { libc::sigaction(libc::SIGSEGV, action, std::ptr::null_mut()) };
    assert_eq!(failed, 0);
}

extern "C" fn on_fault(_signal: c_int, info: *mut libc::siginfo_t, _context: *mut c_void) {
    // SAFETY: the kernel passes the fault's information.
    let info = unsafe { &*info };
    // SAFETY: a fault's information has an address.
    let address = unsafe { info.si_addr() }.addr();
    if !waited(address) {
        // The instruction is tried again, and ends the process with the right signal.
        // SAFETY: has no preconditions.
        unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
    }
}

/// Waits if the address may be protected by a barrier; false when waiting would not help.
fn waited(address: usize) -> bool {
    let mut watched = WATCHED.iter().map_while(OnceLock::get);
    let found = watched.find_map(|watched| Some((watched.labels.page_at(address)?, watched)));
    let Some((page, Watched { labels, wait })) = found else {
        return false;
    };
    let page = labels.address_of(page);
    let phase = wait();
    WAITS.fetch_add(1, Ordering::Relaxed);
    LAST.replace((page, phase)) != (page, phase)
}
