//! `syscall` on AArch64.
//!
//! Plain calls do what the C library's `syscall` does, with the arguments as they came. So do those that clone, unless they
//! duplicate the process: the child goes on at the instruction after, on whatever stack it has been given. All others take a
//! way round by `special`.

use core::arch::naked_asm;

use libc::c_long;

use super::routes::{NUMBERS, ROUTES, SPECIAL};
use super::special::{failed, prepare_clone, special_system_call};

/// `syscall`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn syscall() -> c_long {
    naked_asm!(
        "cmp x0, #{numbers}",
        "b.hs 2f",
        "adrp x9, {routes}",
        "add x9, x9, :lo12:{routes}",
        "ldrb w9, [x9, x0]",
        "cmp w9, #{special_route}",
        "b.eq 2f",
        "b.hi 4f",
        "5:",
        // From the places of a function's arguments to those of a system call's: one further.
        "mov x8, x0",
        "mov x0, x1",
        "mov x1, x2",
        "mov x2, x3",
        "mov x3, x4",
        "mov x4, x5",
        "mov x5, x6",
        "svc #0",
        "cmn x0, #4095",
        "b.hs 3f",
        "ret",
        "2:",
        // The arguments lie where they are expected.
        "b {special}",
        "3:",
        "b {failed}",
        "4:",
        "stp x29, x30, [sp, #-80]!",
        "stp x0, x1, [sp, #16]",
        "stp x2, x3, [sp, #32]",
        "stp x4, x5, [sp, #48]",
        "str x6, [sp, #64]",
        "bl {prepare_clone}",
        "mov w9, w0",
        "ldr x6, [sp, #64]",
        "ldp x4, x5, [sp, #48]",
        "ldp x2, x3, [sp, #32]",
        "ldp x0, x1, [sp, #16]",
        "ldp x29, x30, [sp], #80",
        "tst w9, #1",
        "b.eq 5b",
        "b {special}",
        numbers = const NUMBERS,
        routes = sym ROUTES,
        special_route = const SPECIAL,
        special = sym special_system_call,
        failed = sym failed,
        prepare_clone = sym prepare_clone,
    )
}
