//! Contexts and stacks of coroutines that the C library makes, and places to jump to.
//!
//! A fault on a page of the stack that a thread runs on could not be handled there, and the kernel writes a thread's mask to a
//! context or a place to jump to, in a call of the C library's own. So both keep their pages.
//!
//! The functions save the registers of who calls them: they are jumped to, with all as it came.

#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
mod machine;

use core::ffi::{c_int, c_void};

use libc::ucontext_t;

use crate::ground::next::{self, Next, found};
use crate::ground::only_shared::only_shared;
use crate::unseen::pinning::pin;
use crate::unseen::written::is_meshed;

use machine::{JUMP_BUFFER, after};

#[unsafe(link_section = "mesh_next")]
static GETCONTEXT: Next = Next::new(c"getcontext");
#[unsafe(link_section = "mesh_next")]
static SWAPCONTEXT: Next = Next::new(c"swapcontext");
#[unsafe(link_section = "mesh_next")]
static MAKECONTEXT: Next = Next::new(c"makecontext");

/// In place of a function that is not there.
extern "C" fn missing() -> c_int {
    next::missing();
    -1
}

/// Where the next function is, to which the caller jumps.
fn address_of(function: &Next) -> *mut c_void {
    let mut address = function.known();
    if address.is_null() {
        address = found(function);
    }
    if address.is_null() {
        address = (missing as *const c_void).cast_mut();
    }
    address
}

fn pin_context(context: *const ucontext_t) {
    if is_meshed(context) {
        pin(context.cast(), size_of::<ucontext_t>());
    }
}

extern "C" fn before_getcontext(context: *const ucontext_t) -> *mut c_void {
    pin_context(context);
    address_of(&GETCONTEXT)
}

extern "C" fn before_swapcontext(context: *const ucontext_t) -> *mut c_void {
    pin_context(context);
    address_of(&SWAPCONTEXT)
}

/// # Safety
/// As for `makecontext`.
unsafe extern "C" fn before_makecontext(context: *const ucontext_t) -> *mut c_void {
    // SAFETY: a context whose stack the program has named (contract).
    let stack = unsafe { (*context).uc_stack };
    if is_meshed(stack.ss_sp) {
        pin(stack.ss_sp, stack.ss_size);
    }
    address_of(&MAKECONTEXT)
}

#[unsafe(link_section = "mesh_next")]
static SIGSETJMP: Next = Next::new(c"__sigsetjmp");
#[unsafe(link_section = "mesh_next")]
static SETJMP: Next = Next::new(c"setjmp");

/// A place to jump to; the mask is saved there if `saves_mask`.
extern "C" fn before_sigsetjmp(buffer: *const c_void, saves_mask: c_int) -> *mut c_void {
    if saves_mask != 0 && is_meshed(buffer) {
        pin(buffer, JUMP_BUFFER);
    }
    address_of(&SIGSETJMP)
}

/// The same for `setjmp` as BSD has it, which saves the mask. The one of the headers is `_setjmp`, and does not.
extern "C" fn before_setjmp(buffer: *const c_void) -> *mut c_void {
    if is_meshed(buffer) {
        pin(buffer, JUMP_BUFFER);
    }
    address_of(&SETJMP)
}

only_shared!(__sigsetjmp);

/// `__sigsetjmp`, which `sigsetjmp` is.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn __sigsetjmp() {
    after!(before_sigsetjmp)
}

only_shared!(setjmp);

/// `setjmp`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn setjmp() {
    after!(before_setjmp)
}

only_shared!(getcontext);

/// `getcontext`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn getcontext() {
    after!(before_getcontext)
}

only_shared!(swapcontext);

/// `swapcontext`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn swapcontext() {
    after!(before_swapcontext)
}

only_shared!(makecontext);

/// `makecontext`, which has as many arguments as the program likes.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn makecontext() {
    after!(before_makecontext)
}
