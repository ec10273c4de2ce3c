//! The C++ library's operators.

use core::ffi::c_void;

use crate::ground::late;
use crate::ground::line::Line;
use crate::ground::system;

use super::forms::Form;

/// The C++ library's operator of this form, for a caller at `caller`; null when there is no such library.
pub(super) extern "C" fn of_library_or_null(form: &Form, caller: usize) -> *mut c_void {
    let known = form.next.address();
    if known.is_null() {
        // It may have been loaded later, for somebody else alone, or be part of the plugin that asks.
        late::definition(form.next.name(), caller)
    } else {
        known
    }
}

/// The same for a form that must not return null.
pub(super) extern "C" fn of_library(form: &Form, caller: usize) -> *mut c_void {
    let found = of_library_or_null(form, caller);
    if found.is_null() {
        Line::new()
            .text("out of memory, and no C++ library to say so in ")
            .raw(form.next.name().bytes())
            .print();
        system::abort()
    }
    found
}
