//! The handlers of SIGSEGV and of its stand-in.
//!
//! ```text
//!  SIGSEGV ── a write to a protected page of ours ──► wait for the barrier's end, try again
//!     │
//!     ├── sent by somebody, while the program has it blocked ──► queued again as the stand-in, which is blocked
//!     ├── a fault, while the program has it blocked ──► the default action, as the kernel would have it
//!     └── else ──► the program's wish
//! ```

use core::ffi::c_void;
use core::ptr::null;

use arena::SignalMask;
use arena::os::syscall;
use libc::{c_int, sighandler_t, siginfo_t as Info, ucontext_t};

use super::handlers::note_sent;
use super::mask::{STAND_IN, block, kernel_word};
use super::{frame, wishes};
use crate::ground::heap::HEAP;
use crate::ground::reach::after_fault_at;
use crate::ground::signal_set::{bit, word};
use crate::ground::{errno, system, tls};
use crate::unseen::fork::machine;

/// A handler as the kernel calls it.
type Handler = extern "C" fn(c_int, *mut Info, *mut c_void);

/// In `si_errno`: a SIGSEGV that waits as the stand-in.
const DEFERRED: c_int = 0x6d65_7368;

/// `si_code` of an address that is not mapped.
const SEGV_MAPERR: c_int = 1;
/// `si_code` of an access that the mapping does not permit.
const SEGV_ACCERR: c_int = 2;

/// The address of our handler of SIGSEGV, and of its stand-in.
pub(super) fn handler_address() -> sighandler_t {
    frame::on_signal as Handler as sighandler_t
}

/// What is left to be done about a signal when our handler is through with it.
#[repr(C)]
pub(super) struct Rest {
    /// The program's handler, to be called; null for nothing.
    handler: *const (),
    /// What the program's handler is to find blocked, in the kernel's form.
    mask: u64,
}

impl Rest {
    const NOTHING: Self = Self {
        handler: null(),
        mask: 0,
    };
}

/// A signal of ours, as the kernel says.
pub(super) extern "C" fn handle(info: *mut Info, context: *mut c_void) -> Rest {
    // SAFETY: the kernel passes it, since the handler was installed with SA_SIGINFO.
    let is_fault = unsafe { (*info).si_signo } == libc::SIGSEGV;
    // SAFETY: both are the kernel's, for the time of the handler.
    if is_fault && errno::preserved(|| unsafe { answered(info, context) }) {
        return Rest::NOTHING;
    }
    // What waited as the stand-in is SIGSEGV again.
    // SAFETY: the kernel's copy, which the handler alone uses.
    restore(unsafe { &mut *info });
    // SAFETY: both are the kernel's, for the time of the handler.
    errno::preserved(|| unsafe { pass_on(info, context, true) })
}

/// A signal of ours, as a handler says that the program has put over ours.
pub(super) extern "C" fn handle_passed_on(signal: c_int, info: *mut Info, context: *mut c_void) {
    // SAFETY: the handler passes on what the kernel passed to it.
    if signal == libc::SIGSEGV && errno::preserved(|| unsafe { answered(info, context) }) {
        return;
    }
    // SAFETY: the handler passes on what the kernel passed to it.
    let rest = errno::preserved(|| unsafe { pass_on(info, context, false) });
    if rest.handler.is_null() {
        return;
    }
    // The kernel takes the mask back when that handler returns.
    block(SignalMask(rest.mask));
    // A handler without SA_SIGINFO ignores what it does not know, as the calling convention permits.
    // SAFETY: the program said that this is a handler.
    let handler = unsafe { core::mem::transmute::<*const (), Handler>(rest.handler) };
    handler(signal, info, context);
}

/// Turns the information about a stand-in that was a SIGSEGV back; says whether it was one.
pub(super) fn restore(info: &mut Info) -> bool {
    let deferred = info.si_signo == STAND_IN && info.si_errno == DEFERRED;
    if deferred {
        info.si_signo = libc::SIGSEGV;
        info.si_errno = 0;
    }
    deferred
}

/// Whether nothing is left to be done about a SIGSEGV.
///
/// # Safety
/// The arguments are those of a handler.
unsafe fn answered(info: *mut Info, context: *mut c_void) -> bool {
    // SAFETY: valid (contract).
    if unsafe { Fault::new(info, context) }.is_some_and(|fault| fault.wait()) {
        return true;
    }
    // SAFETY: valid (contract).
    let info = unsafe { &*info };
    // SAFETY: valid (contract).
    if !is_sent(info) && unsafe { was_guarded(context) } {
        return true;
    }
    // SAFETY: valid (contract).
    let blocked = unsafe { &(*context.cast::<ucontext_t>()).uc_sigmask };
    is_sent(info) && word(blocked) & bit(STAND_IN) != 0 && defer(info)
}

/// Whether the fault was in a copy of what may not be there, which then ends.
///
/// # Safety
/// `context` comes from the kernel.
unsafe fn was_guarded(context: *mut c_void) -> bool {
    // SAFETY: valid (contract).
    let context = unsafe { &mut *context.cast::<ucontext_t>() };
    let after = after_fault_at(frame::instruction(context));
    if let Some(after) = after {
        frame::go_on_at(context, after);
    }
    after.is_some()
}

/// Whether the signal came from `kill` or a call like it, and not from an instruction.
fn is_sent(info: &Info) -> bool {
    info.si_code <= 0
}

/// Queues a SIGSEGV as the stand-in, for the process or the thread that it was for; says whether that worked.
fn defer(info: &Info) -> bool {
    // SAFETY: a plain copy of plain data.
    let mut deferred = unsafe { core::ptr::read(info) };
    deferred.si_errno = DEFERRED;
    let (process, thread) = (system::process_number(), system::thread_number());
    let information = (&raw const deferred).expose_provenance();
    let signal = STAND_IN as usize;
    let for_process = [process as usize, signal, information, 0, 0, 0];
    let for_thread = [process as usize, thread as usize, signal, information, 0, 0];
    // A thread other than the first may not queue for the whole process.
    // SAFETY: the information lives across the call.
    info.si_code != libc::SI_TKILL && unsafe { syscall(libc::SYS_rt_sigqueueinfo, for_process) } == 0
        // SAFETY: the information lives across the call.
        || unsafe { syscall(libc::SYS_rt_tgsigqueueinfo, for_thread) } == 0
}

/// A write to a page of the arena that did not permit it, or an access to one that is missing.
struct Fault {
    page: usize,
    /// Whether nothing is mapped there, as in a child before its step.
    is_missing: bool,
}

impl Fault {
    /// # Safety
    /// Both come from the kernel, for a signal of ours.
    unsafe fn new(info: *const Info, context: *const c_void) -> Option<Self> {
        // SAFETY: valid (contract).
        let info = unsafe { &*info };
        let is_missing = info.si_code == SEGV_MAPERR;
        // SAFETY: valid (contract).
        if !is_missing && (info.si_code != SEGV_ACCERR || !unsafe { frame::is_write(context) }) {
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
        if machine::enter_child() {
            return true;
        }
        if self.is_missing {
            return false;
        }
        if machine::admit(self.page) {
            return true;
        }
        let pages = HEAP.global().pages();
        let phase = pages.barrier().phase();
        let this = (self.page, phase as usize);
        if tls::last_fault() != this {
            // The page may have been opened since.
            tls::set_last_fault(self.page, phase as usize);
            return true;
        }
        pages.barrier().wait_for_turn(pages.os(), phase);
        !phase.is_multiple_of(2)
    }
}

/// Does what the system would have done, or says what the program's handler is and what it is to find blocked.
///
/// # Safety
/// The arguments are those of a handler.
unsafe fn pass_on(info: *mut Info, context: *mut c_void, from_kernel: bool) -> Rest {
    // SAFETY: valid (contract).
    let about = unsafe { &*info };
    let (signal, sent) = (about.si_signo, is_sent(about));
    // SAFETY: valid (contract).
    let blocked = word(unsafe { &(*context.cast::<ucontext_t>()).uc_sigmask });
    if !sent && signal == libc::SIGSEGV && blocked & bit(STAND_IN) != 0 {
        // A fault whose signal is blocked cannot wait: nobody is asked.
        default(signal, false);
        return Rest::NOTHING;
    }
    let wish = wishes::take(signal, from_kernel);
    match wish.handler {
        libc::SIG_IGN if sent => Rest::NOTHING,
        libc::SIG_DFL | libc::SIG_IGN => {
            default(signal, sent);
            Rest::NOTHING
        }
        handler => {
            if sent {
                note_sent();
            }
            let itself = if wish.flags & libc::SA_NODEFER == 0 {
                bit(signal)
            } else {
                0
            };
            Rest {
                handler: core::ptr::with_exposed_provenance(handler),
                mask: blocked | kernel_word(wish.mask | itself),
            }
        }
    }
}

/// The default action: the end. Tried again without a handler, the instruction ends the process with the right signal and
/// address; what somebody sent is sent again.
fn default(signal: c_int, sent: bool) {
    wishes::give_up(signal);
    if sent {
        system::raise(signal);
    }
}
