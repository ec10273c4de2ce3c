//! How the kernel calls a handler on AArch64, and what it says of the instruction that was interrupted.

use core::arch::naked_asm;
use core::ffi::c_void;
use core::ptr::with_exposed_provenance;

use libc::{c_int, siginfo_t as Info, ucontext_t};

use super::{fault, stacks};

/// Our handler of signals. Whether the kernel called it shows in the stack: then the information lies at its end.
///
/// ```text
///  from the kernel      all signals are blocked; `fault::handle` runs on a stack of ours, since the one that the kernel has chosen may have
///                       hardly more room than for its frame. Then the mask is set that the program's handler would find, and
///                       that handler is jumped to, on the kernel's stack: to it, all is as if we had not been there
///  from a handler that was put over ours, and passes on what is not its own: `fault::handle_passed_on` calls the program's
/// ```
#[unsafe(naked)]
pub(super) extern "C" fn on_signal(signal: c_int, info: *mut Info, context: *mut c_void) {
    naked_asm!(
        "mov x9, sp",
        "cmp x1, x9",
        "b.eq 2f",
        "b {passed_on}",
        "2:",
        // Who was interrupted gets all registers back from the kernel.
        "mov x19, x1",
        "mov x20, x2",
        "mov x21, x9",
        "mov x22, x30",
        "bl {take}",
        "mov x23, x0",
        "cbz x0, 3f",
        "mov sp, x0",
        "3:",
        "mov x0, x19",
        "mov x1, x20",
        "bl {handle}",
        "mov sp, x21",
        "mov x24, x0",
        "mov x25, x1",
        "mov x0, x23",
        "bl {give_back}",
        "mov x30, x22",
        "cbnz x24, 4f",
        "ret",
        "4:",
        "str x25, [sp, #-16]!",
        "mov x1, sp",
        "mov w0, #{set}",
        "mov x2, xzr",
        "mov x3, #8",
        "mov x8, #{mask}",
        "svc #0",
        "add sp, sp, #16",
        // The signal is that of the information.
        "ldr w0, [x19]",
        "mov x1, x19",
        "mov x2, x20",
        "mov x16, x24",
        "br x16",
        passed_on = sym fault::handle_passed_on,
        take = sym stacks::take,
        handle = sym fault::handle,
        give_back = sym stacks::give_back,
        set = const libc::SIG_SETMASK,
        mask = const libc::SYS_rt_sigprocmask,
    )
}

/// The address of the instruction that was interrupted.
pub(super) fn instruction(context: &ucontext_t) -> usize {
    context.uc_mcontext.pc as usize
}

/// Has the interrupted code go on at `address`.
pub(super) fn go_on_at(context: &mut ucontext_t, address: usize) {
    context.uc_mcontext.pc = address as u64;
}

/// What each of the records behind the registers begins with.
#[derive(Clone, Copy)]
#[repr(C)]
struct Record {
    kind: u32,
    bytes: u32,
}

/// The kind of the record that has the syndrome of the exception (the kernel's `esr_context`), in the word behind its beginning.
const SYNDROME: u32 = 0x4553_5201;

/// Whether the fault was a write of data.
///
/// # Safety
/// `context` comes from the kernel.
pub(super) unsafe fn is_write(context: *const c_void) -> bool {
    // The bits of a syndrome that say "write", and "upkeep of caches", which is none though it has the first.
    const WRITE: u64 = 1 << 6;
    const CACHE: u64 = 1 << 8;
    // SAFETY: valid (contract).
    let syndrome = unsafe { syndrome(context.cast()) };
    syndrome.is_some_and(|syndrome| syndrome & (WRITE | CACHE) == WRITE)
}

/// What the processor said of the exception; `None` where the kernel does not pass it on.
///
/// # Safety
/// `context` comes from the kernel.
unsafe fn syndrome(context: *const ucontext_t) -> Option<u64> {
    // The records are at the end of the context, and there is always a last one, of kind zero.
    let end = context.wrapping_add(1).expose_provenance();
    let mut at = end - RECORDS;
    while at < end {
        let record = with_exposed_provenance::<Record>(at);
        // SAFETY: a record is there (contract).
        let Record { kind, bytes } = unsafe { record.read() };
        if kind == SYNDROME {
            let word = record.wrapping_add(1).cast::<u64>();
            // SAFETY: the record has this word.
            return Some(unsafe { word.read() });
        }
        if kind == 0 || bytes == 0 {
            return None;
        }
        at += bytes as usize;
    }
    None
}

/// Bytes of the records, the last part of a context.
const RECORDS: usize = 4096;
