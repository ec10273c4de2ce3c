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

use libc::{c_int, sighandler_t, siginfo_t as Info, ucontext_t};

use super::action;
use super::mask::{STAND_IN, block, has, to_kernel, with};
use crate::process::HEAP;
use crate::{errno, fork, tls};

/// A handler as the kernel calls it.
type Handler = extern "C" fn(c_int, *mut Info, *mut c_void);

/// In `si_errno`: a SIGSEGV that waits as the stand-in.
const DEFERRED: c_int = 0x6d65_7368;

/// `si_code` of an address that is not mapped.
const SEGV_MAPERR: c_int = 1;
/// `si_code` of an access that the mapping does not permit.
const SEGV_ACCERR: c_int = 2;

/// The address of our handler of SIGSEGV.
pub(super) fn on_fault_address() -> sighandler_t {
    on_fault as Handler as sighandler_t
}

/// The address of our handler of the stand-in.
pub(super) fn on_stand_in_address() -> sighandler_t {
    on_stand_in as Handler as sighandler_t
}

/// Our handler of SIGSEGV. Whether the kernel called it shows in the stack: then the context lies right above the address
/// to return to.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
extern "C" fn on_fault(signal: c_int, info: *mut Info, context: *mut c_void) {
    core::arch::naked_asm!(
        "lea rax, [rsp + 8]",
        "xor ecx, ecx",
        "cmp rax, rdx",
        "sete cl",
        "jmp {handle}",
        handle = sym handle,
    )
}

/// A SIGSEGV.
extern "C" fn handle(signal: c_int, info: *mut Info, context: *mut c_void, from_kernel: bool) {
    // SAFETY: the kernel passes both, since the handler was installed with SA_SIGINFO.
    if errno::preserved(|| unsafe { answered(info, context) }) {
        return;
    }
    // SAFETY: as above.
    unsafe { pass_on(signal, info, context, from_kernel) };
}

/// Our handler of the stand-in: what waited as the stand-in is SIGSEGV again.
extern "C" fn on_stand_in(mut signal: c_int, info: *mut Info, context: *mut c_void) {
    // SAFETY: the kernel passes it, since the handler was installed with SA_SIGINFO.
    if restore(unsafe { &mut *info }) {
        signal = libc::SIGSEGV;
    }
    // SAFETY: as above.
    unsafe { pass_on(signal, info, context, true) };
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
    let blocked = unsafe { &(*context.cast::<ucontext_t>()).uc_sigmask };
    is_sent(info) && has(blocked, STAND_IN) && defer(info)
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
    // SAFETY: have no preconditions.
    let process = unsafe { libc::getpid() };
    // SAFETY: as above.
    let thread = unsafe { libc::gettid() };
    let for_process = info.si_code != libc::SI_TKILL;
    // SAFETY: the information lives across the call.
    let queued = for_process
        && unsafe {
            libc::syscall(
                libc::SYS_rt_sigqueueinfo,
                process,
                STAND_IN,
                &raw const deferred,
            )
        } == 0;
    // A thread other than the first may not queue for the whole process.
    // SAFETY: as above.
    queued
        || unsafe {
            libc::syscall(
                libc::SYS_rt_tgsigqueueinfo,
                process,
                thread,
                STAND_IN,
                &raw const deferred,
            )
        } == 0
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
        if fork::admit(self.page) {
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

/// Whether the fault was a write of data.
///
/// # Safety
/// `context` comes from the kernel.
unsafe fn is_write(context: *const c_void) -> bool {
    /// The bit of a page fault's error code that says "write".
    const WRITE: i64 = 1 << 1;
    let context = context.cast::<ucontext_t>();
    // SAFETY: valid (contract).
    let error = unsafe { (*context).uc_mcontext.gregs[libc::REG_ERR as usize] };
    error & WRITE != 0
}

/// Does what the program, or the system, would have done.
///
/// # Safety
/// The arguments are those of a handler.
unsafe fn pass_on(signal: c_int, info: *mut Info, context: *mut c_void, from_kernel: bool) {
    // SAFETY: valid (contract).
    let sent = is_sent(unsafe { &*info });
    // SAFETY: valid (contract).
    let blocked = unsafe { &(*context.cast::<ucontext_t>()).uc_sigmask };
    if !sent && signal == libc::SIGSEGV && has(blocked, STAND_IN) {
        // A fault whose signal is blocked cannot wait: nobody is asked.
        return default(signal, false);
    }
    let action = action::take(signal, from_kernel);
    match action.sa_sigaction {
        libc::SIG_IGN if sent => {}
        libc::SIG_DFL | libc::SIG_IGN => default(signal, sent),
        handler => {
            let itself = action.sa_flags & libc::SA_NODEFER == 0;
            let mask = if itself {
                with(action.sa_mask, signal, true)
            } else {
                action.sa_mask
            };
            // The kernel takes the mask back when our handler returns.
            block(&to_kernel(mask));
            // A handler without SA_SIGINFO ignores what it does not know, as the calling convention permits.
            // SAFETY: the program said that this is a handler.
            let handler = unsafe { core::mem::transmute::<sighandler_t, Handler>(handler) };
            handler(signal, info, context);
        }
    }
}

/// The default action: the end. Tried again without a handler, the instruction ends the process with the right signal and
/// address; what somebody sent is sent again.
fn default(signal: c_int, sent: bool) {
    action::give_up(signal);
    if sent {
        // SAFETY: has no preconditions.
        unsafe { libc::raise(signal) };
    }
}
