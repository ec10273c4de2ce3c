//! The forms of the operators, and which one is to call which.
//!
//! A program that replaces one form has it under all that stand on it, as the standard says: `new[]` calls `new`, `delete[]` and
//! the sized forms call `delete`, those that do not throw call those that do. And a program with a `malloc` of its own has it
//! under all of them, since the C++ library's call that. Both is found out at the start: until then, and if there is nothing of
//! that kind, each form of ours goes to the allocator straight.

use core::ffi::c_void;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::ground::loaded::Name;
use crate::ground::resolved::{Next, in_front};

/// A form of an operator.
#[repr(C)]
pub(super) struct Form {
    /// Who is called in our place; null for nobody. Comes first: the operators' instructions look there.
    pub(super) replacement: AtomicPtr<c_void>,
    /// The C++ library's.
    pub(super) next: &'static Next,
    /// The forms that it stands on, nearest first.
    stands_on: &'static [Name],
    /// Whether it must not let through what those throw: that is left to the C++ library's.
    catches: bool,
}

macro_rules! forms {
    ($($form:ident = $name:literal, $catches:literal, [$($base:literal),*];)*) => {
        $(
            pub(super) static $form: Form = Form {
                replacement: AtomicPtr::new(null_mut()),
                next: {
                    #[unsafe(link_section = "mesh_next")]
                    static NEXT: Next = Next::new($name);
                    &NEXT
                },
                stands_on: &[$(Name::new($base)),*],
                catches: $catches,
            };
        )*

        /// All of them.
        static FORMS: &[&Form] = &[$(&$form),*];
    };
}

forms! {
    NEW = c"_Znwm", false, [];
    NEW_ARRAY = c"_Znam", false, [c"_Znwm"];
    NEW_NOTHROW = c"_ZnwmRKSt9nothrow_t", true, [c"_Znwm"];
    NEW_ARRAY_NOTHROW = c"_ZnamRKSt9nothrow_t", true, [c"_Znam", c"_Znwm"];
    NEW_ALIGNED = c"_ZnwmSt11align_val_t", false, [];
    NEW_ARRAY_ALIGNED = c"_ZnamSt11align_val_t", false, [c"_ZnwmSt11align_val_t"];
    NEW_ALIGNED_NOTHROW = c"_ZnwmSt11align_val_tRKSt9nothrow_t", true, [c"_ZnwmSt11align_val_t"];
    NEW_ARRAY_ALIGNED_NOTHROW = c"_ZnamSt11align_val_tRKSt9nothrow_t", true,
        [c"_ZnamSt11align_val_t", c"_ZnwmSt11align_val_t"];
    DELETE = c"_ZdlPv", false, [];
    DELETE_ARRAY = c"_ZdaPv", false, [c"_ZdlPv"];
    DELETE_SIZED = c"_ZdlPvm", false, [c"_ZdlPv"];
    DELETE_ARRAY_SIZED = c"_ZdaPvm", false, [c"_ZdaPv", c"_ZdlPv"];
    DELETE_NOTHROW = c"_ZdlPvRKSt9nothrow_t", false, [c"_ZdlPv"];
    DELETE_ARRAY_NOTHROW = c"_ZdaPvRKSt9nothrow_t", false, [c"_ZdaPv", c"_ZdlPv"];
    DELETE_ALIGNED = c"_ZdlPvSt11align_val_t", false, [];
    DELETE_ARRAY_ALIGNED = c"_ZdaPvSt11align_val_t", false, [c"_ZdlPvSt11align_val_t"];
    DELETE_SIZED_ALIGNED = c"_ZdlPvmSt11align_val_t", false, [c"_ZdlPvSt11align_val_t"];
    DELETE_ARRAY_SIZED_ALIGNED = c"_ZdaPvmSt11align_val_t", false,
        [c"_ZdaPvSt11align_val_t", c"_ZdlPvSt11align_val_t"];
    DELETE_ALIGNED_NOTHROW = c"_ZdlPvSt11align_val_tRKSt9nothrow_t", false, [c"_ZdlPvSt11align_val_t"];
    DELETE_ARRAY_ALIGNED_NOTHROW = c"_ZdaPvSt11align_val_tRKSt9nothrow_t", false,
        [c"_ZdaPvSt11align_val_t", c"_ZdlPvSt11align_val_t"];
}

/// Finds out what the program has replaced. To be called by the constructor, when all names were looked up.
pub(crate) fn find_replacements() {
    let has_malloc = [Name::new(c"malloc"), Name::new(c"free")]
        .iter()
        .any(|&name| !in_front(name).is_null());
    for form in FORMS {
        let library = form.next.address();
        let replaced = form
            .stands_on
            .iter()
            .map(|&name| in_front(name))
            .find(|found| !found.is_null())
            .unwrap_or(null_mut());
        let replacement = if replaced.is_null() && !has_malloc {
            null_mut()
        } else if has_malloc || form.catches && !library.is_null() {
            library
        } else {
            replaced
        };
        form.replacement.store(replacement, Ordering::Relaxed);
    }
}
