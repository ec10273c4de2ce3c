//! jemalloc's names for what `mesh.h` has: `mallctl` and its like, and the summary.

use core::ffi::{CStr, c_char, c_int, c_void};

use crate::face::mallctl;
use crate::face::output::{Function, Output};
use crate::face::summary;
use crate::ground::line::Line;

/// As `mesh_mallctl`.
///
/// # Safety
/// As for `mesh_mallctl`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mallctl(
    name: *const c_char,
    old_value: *mut c_void,
    old_size: *mut usize,
    new_value: *mut c_void,
    new_size: usize,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { mallctl::mesh_mallctl(name, old_value, old_size, new_value, new_size) }
}

/// As `mesh_mallctlnametomib`.
///
/// # Safety
/// As for `mesh_mallctlnametomib`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mallctlnametomib(
    name: *const c_char,
    mib: *mut usize,
    count: *mut usize,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { mallctl::mesh_mallctlnametomib(name, mib, count) }
}

/// As `mesh_mallctlbymib`.
///
/// # Safety
/// As for `mesh_mallctlbymib`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mallctlbymib(
    mib: *const usize,
    count: usize,
    old_value: *mut c_void,
    old_size: *mut usize,
    new_value: *mut c_void,
    new_size: usize,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { mallctl::mesh_mallctlbymib(mib, count, old_value, old_size, new_value, new_size) }
}

/// Writes the summary, or with `J` among `options` all that can be read by name as JSON, to standard error, or by calls of `write`
/// with `argument` and a line.
///
/// # Safety
/// `write` may be called so, and may allocate; `options` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn malloc_stats_print(
    write: Option<unsafe extern "C" fn(*mut c_void, *const c_char)>,
    argument: *mut c_void,
    options: *const c_char,
) {
    let mut output = match write {
        Some(write) => Output::Function(Function { write, argument }),
        None => Output::StandardError,
    };
    // SAFETY: a C string (contract).
    let is_json = !options.is_null()
        && unsafe { CStr::from_ptr(options) }
            .to_bytes()
            .contains(&b'J');
    if is_json {
        output.line(Line::bare().text("{\"jemalloc\": {"));
        mallctl::list(&mut output, 0);
        output.line(Line::bare().text("}}"));
    } else {
        output.line(Line::bare().text("___ Begin jemalloc statistics ___"));
        mallctl::write_totals(&mut output);
        summary::write(&mut output);
        output.line(Line::bare().text("--- End jemalloc statistics ---"));
    }
}
