//! Where handlers of signals return to on x86-64: the action says it.

use core::arch::global_asm;
use core::ffi::c_int;

/// The flag that says so, the kernel's `SA_RESTORER`.
pub(super) const RESTORER: c_int = 0x0400_0000;

// Where handlers return to. Unwinders know such a place by these very bytes.
global_asm!(
    ".pushsection .text.mesh_restore,\"ax\",@progbits",
    // Unwinders look at the byte before the address that was returned to.
    "nop",
    ".hidden mesh_restore",
    ".globl mesh_restore",
    ".type mesh_restore, @function",
    "mesh_restore:",
    ".byte 0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00",
    "syscall",
    ".size mesh_restore, . - mesh_restore",
    ".popsection",
);

unsafe extern "C" {
    fn mesh_restore();
}

/// The place.
pub(super) fn restorer() -> usize {
    mesh_restore as *const () as usize
}
