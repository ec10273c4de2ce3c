//! Marks that a trace of instructions is read by: carried out at the end of what the recorder does.

use core::arch::naked_asm;

/// Carried out when a lock has been taken, just before the caller goes on.
#[unsafe(naked)]
pub(crate) extern "C" fn taken() {
    naked_asm!("ret")
}

/// The same when a lock was not to be had.
#[unsafe(naked)]
pub(crate) extern "C" fn refused() {
    // Not the same code as the others', which would be merged.
    naked_asm!("nop", "ret")
}

/// The same when a lock was opened.
#[unsafe(naked)]
pub(crate) extern "C" fn opened() {
    naked_asm!("nop", "nop", "ret")
}
