//! `operator new` and `operator delete`, by their Itanium names.
//!
//! A failed `new` must run the new-handler and throw `std::bad_alloc`, and no exception may pass through a Rust frame. The
//! C++ library's own operators do both around calls of `malloc` and `aligned_alloc`, which are ours. So ours are a few
//! instructions: they call the allocator, and when it has nothing they jump to the C++ library's operator of the same name,
//! with the arguments and the stack as they were.
//!
//! * `forms`: which operators there are, and on which of a program's they stand;
//! * `library`: the C++ library's.

mod forms;
mod library;
#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
mod machine;

use core::ffi::c_void;
use core::mem::transmute;
use core::ptr::null_mut;
use core::sync::atomic::Ordering;

use crate::face::{c, slow};

use forms::Form;
use library::{of_library, of_library_or_null};
use machine::new_or_else;

pub(crate) use forms::find_replacements;

/// `operator new` with an alignment; null when there is no memory.
extern "C" fn aligned(size: usize, align: usize) -> *mut c_void {
    slow::allocate_aligned(size, align.next_power_of_two())
        .map_or(null_mut(), |block| block.start.as_ptr().cast())
}

/// Declares an operator with up to two arguments, allocated by `$allocate` from the same ones; `$otherwise` says who is to fail
/// when that has nothing.
macro_rules! operator_new {
    ($name:ident, $form:path, $allocate:path, $otherwise:path) => {
        $crate::ground::only_shared::only_shared!($name);
        /// A form of `operator new`.
        ///
        /// # Safety
        /// As for the operator: the arguments are those that C++ passes.
        #[unsafe(naked)]
        pub(crate) unsafe extern "C" fn $name(size: usize, second: usize) -> *mut c_void {
            new_or_else!($form, $allocate, $otherwise)
        }
    };
}

operator_new!(_Znwm, forms::NEW, c::malloc, of_library);
operator_new!(_Znam, forms::NEW_ARRAY, c::malloc, of_library);
operator_new!(
    _ZnwmRKSt9nothrow_t,
    forms::NEW_NOTHROW,
    c::malloc,
    of_library_or_null
);
operator_new!(
    _ZnamRKSt9nothrow_t,
    forms::NEW_ARRAY_NOTHROW,
    c::malloc,
    of_library_or_null
);
operator_new!(
    _ZnwmSt11align_val_t,
    forms::NEW_ALIGNED,
    aligned,
    of_library
);
operator_new!(
    _ZnamSt11align_val_t,
    forms::NEW_ARRAY_ALIGNED,
    aligned,
    of_library
);
operator_new!(
    _ZnwmSt11align_val_tRKSt9nothrow_t,
    forms::NEW_ALIGNED_NOTHROW,
    aligned,
    of_library_or_null
);
operator_new!(
    _ZnamSt11align_val_tRKSt9nothrow_t,
    forms::NEW_ARRAY_ALIGNED_NOTHROW,
    aligned,
    of_library_or_null
);

/// Calls who is to do what this form does, and not we.
///
/// # Safety
/// The arguments are those of the operator, and the form has a replacement.
#[cold]
#[inline(never)]
unsafe extern "C" fn replaced(object: *mut c_void, second: usize, third: usize, form: &Form) {
    type Delete = unsafe extern "C" fn(*mut c_void, usize, usize);
    let replacement = form.replacement.load(Ordering::Relaxed);
    // SAFETY: an `operator delete` with up to three arguments (contract).
    let replacement = unsafe { transmute::<*mut c_void, Delete>(replacement) };
    // SAFETY: the caller's promise.
    unsafe { replacement(object, second, third) }
}

// All forms of `operator delete`: what comes behind the address is neither needed nor trusted.
macro_rules! operator_delete {
    ($($name:ident = $form:path;)*) => {$(
        $crate::ground::only_shared::only_shared!($name);
        /// A form of `operator delete`.
        ///
        /// # Safety
        /// As for `free`.
        pub(crate) unsafe extern "C" fn $name(object: *mut c_void, second: usize, third: usize) {
            if $form.replacement.load(Ordering::Relaxed).is_null() {
                // SAFETY: the same contract.
                unsafe { c::free(object) }
            } else {
                // SAFETY: the same contract.
                unsafe { replaced(object, second, third, &$form) }
            }
        }
    )*};
}

operator_delete! {
    _ZdlPv = forms::DELETE;
    _ZdaPv = forms::DELETE_ARRAY;
    _ZdlPvm = forms::DELETE_SIZED;
    _ZdaPvm = forms::DELETE_ARRAY_SIZED;
    _ZdlPvSt11align_val_t = forms::DELETE_ALIGNED;
    _ZdaPvSt11align_val_t = forms::DELETE_ARRAY_ALIGNED;
    _ZdlPvmSt11align_val_t = forms::DELETE_SIZED_ALIGNED;
    _ZdaPvmSt11align_val_t = forms::DELETE_ARRAY_SIZED_ALIGNED;
    _ZdlPvRKSt9nothrow_t = forms::DELETE_NOTHROW;
    _ZdaPvRKSt9nothrow_t = forms::DELETE_ARRAY_NOTHROW;
    _ZdlPvSt11align_val_tRKSt9nothrow_t = forms::DELETE_ALIGNED_NOTHROW;
    _ZdaPvSt11align_val_tRKSt9nothrow_t = forms::DELETE_ARRAY_ALIGNED_NOTHROW;
}
