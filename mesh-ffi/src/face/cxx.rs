//! `operator new` and `operator delete`, by their Itanium names.
//!
//! A failed `new` must run the new-handler and throw `std::bad_alloc`, and no exception may pass through a Rust frame. The
//! C++ library's own operators do both around calls of `malloc` and `aligned_alloc`, which are ours. So ours are a few
//! instructions: they call the allocator, and when it has nothing they jump to the C++ library's operator of the same name,
//! with the arguments and the stack as they were.

use core::arch::naked_asm;
use core::ffi::{CStr, c_char, c_void};
use core::ptr::null_mut;

use crate::face::{c, slow};
use crate::ground::line::Line;

/// `operator new` with an alignment; null when there is no memory.
extern "C" fn aligned(size: usize, align: usize) -> *mut c_void {
    slow::allocate_aligned(size, align.next_power_of_two())
        .map_or(null_mut(), |block| block.start.as_ptr().cast())
}

/// The C++ library's operator of this name.
///
/// # Safety
/// `name` is a string.
unsafe extern "C" fn of_library(name: *const c_char) -> *mut c_void {
    // SAFETY: a string (contract).
    let found = unsafe { libc::dlsym(libc::RTLD_NEXT, name) };
    if !found.is_null() {
        return found;
    }
    // It may have been loaded later, for somebody else alone.
    let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD;
    // SAFETY: a string.
    let library = unsafe { libc::dlopen(c"libstdc++.so.6".as_ptr(), flags) };
    if !library.is_null() {
        // SAFETY: an open library and a string.
        let found = unsafe { libc::dlsym(library, name) };
        if !found.is_null() {
            return found;
        }
    }
    // SAFETY: a string (contract).
    let name = unsafe { CStr::from_ptr(name) };
    Line::new()
        .text("out of memory, and no C++ library to say so in ")
        .raw(name.to_bytes())
        .print();
    // SAFETY: may be called at any time.
    unsafe { libc::abort() }
}

/// Declares an operator with up to two arguments, allocated by `$allocate` from the same ones.
macro_rules! operator_new {
    ($name:ident, $allocate:path) => {
        /// A form of `operator new`.
        ///
        /// # Safety
        /// As for the operator: the arguments are those that C++ passes.
        #[unsafe(no_mangle)]
        #[unsafe(naked)]
        pub unsafe extern "C" fn $name(size: usize, second: usize) -> *mut c_void {
            naked_asm!(
                ".cfi_startproc",
                "push rdi",
                ".cfi_adjust_cfa_offset 8",
                "push rsi",
                ".cfi_adjust_cfa_offset 8",
                "sub rsp, 8",
                ".cfi_adjust_cfa_offset 8",
                "call {allocate}",
                "test rax, rax",
                "je 2f",
                "add rsp, 24",
                ".cfi_adjust_cfa_offset -24",
                "ret",
                ".cfi_adjust_cfa_offset 24",
                "2:",
                "lea rdi, [rip + 3f]",
                "call {of_library}",
                "add rsp, 8",
                ".cfi_adjust_cfa_offset -8",
                "pop rsi",
                ".cfi_adjust_cfa_offset -8",
                "pop rdi",
                ".cfi_adjust_cfa_offset -8",
                "jmp rax",
                "3:",
                concat!(".asciz \"", stringify!($name), "\""),
                ".cfi_endproc",
                allocate = sym $allocate,
                of_library = sym of_library,
            )
        }
    };
}

operator_new!(_Znwm, c::malloc);
operator_new!(_Znam, c::malloc);
operator_new!(_ZnwmRKSt9nothrow_t, c::malloc);
operator_new!(_ZnamRKSt9nothrow_t, c::malloc);
operator_new!(_ZnwmSt11align_val_t, aligned);
operator_new!(_ZnamSt11align_val_t, aligned);
operator_new!(_ZnwmSt11align_val_tRKSt9nothrow_t, aligned);
operator_new!(_ZnamSt11align_val_tRKSt9nothrow_t, aligned);

// All forms of `operator delete`: what comes behind the address is neither needed nor trusted.
macro_rules! operator_delete {
    ($($name:ident),* $(,)?) => {$(
        /// A form of `operator delete`.
        ///
        /// # Safety
        /// As for `free`.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(object: *mut c_void) {
            // SAFETY: the same contract.
            unsafe { c::free(object) }
        }
    )*};
}

operator_delete!(
    _ZdlPv,
    _ZdaPv,
    _ZdlPvm,
    _ZdaPvm,
    _ZdlPvSt11align_val_t,
    _ZdaPvSt11align_val_t,
    _ZdlPvmSt11align_val_t,
    _ZdaPvmSt11align_val_t,
    _ZdlPvRKSt9nothrow_t,
    _ZdaPvRKSt9nothrow_t,
    _ZdlPvSt11align_val_tRKSt9nothrow_t,
    _ZdaPvSt11align_val_tRKSt9nothrow_t,
);
