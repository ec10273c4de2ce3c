//! `mesh_mallctl` and its like: figures, options and orders by name.
//!
//! * `names`: what names there are; `tree`: ways through them;
//! * `leaf`: what stands at their ends: `constant`, `figure`, `setting` (`decay`), orders and requests (`caches`);
//! * `value`: C's types, and what the caller gives; `listing`: all of it as JSON.

mod caches;
mod constant;
mod decay;
mod figure;
mod leaf;
mod listing;
mod names;
mod setting;
mod tree;
pub(crate) mod value;

use core::ffi::{CStr, c_char, c_int, c_void};

use tree::Way;
use value::Exchange;

pub(crate) use listing::list;
#[cfg(jemalloc_names)]
pub(crate) use listing::write_totals;

/// To be called at the start, with how long unused pages stay if the user has said it.
pub(crate) fn begin(decay_ms: Option<i64>) {
    figure::begin();
    if let Some(decay_ms) = decay_ms {
        decay::begin(decay_ms);
    }
}

/// Reads, sets or does what `name` stands for: see `mesh.h`. Returns 0 or an error number, and leaves `errno` alone.
///
/// # Safety
/// `name` is a C string. `old_size` is null or valid for a read and a write; `old_value` is null or valid for writes of
/// `*old_size` bytes; `new_value` is null or valid for reads of `new_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mesh_mallctl(
    name: *const c_char,
    old_value: *mut c_void,
    old_size: *mut usize,
    new_value: *mut c_void,
    new_size: usize,
) -> c_int {
    if name.is_null() {
        return libc::EINVAL;
    }
    let given = Exchange {
        old: old_value,
        old_size,
        new: new_value,
        new_size,
    };
    let mut way = Way::begin();
    // SAFETY: a C string (contract).
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    let walked = way.go_by(name, |_| true);
    // SAFETY: the same contract.
    number(walked.and_then(|()| unsafe { exchange(&way, &given) }))
}

/// Writes the number of each part of `name` to `mib`, `*count` at most, and their count to `count`. Returns 0 or an error number.
///
/// # Safety
/// `name` is a C string, `count` valid for a read and a write, `mib` for writes of `*count` numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mesh_mallctlnametomib(
    name: *const c_char,
    mib: *mut usize,
    count: *mut usize,
) -> c_int {
    if name.is_null() || mib.is_null() || count.is_null() {
        return libc::EINVAL;
    }
    // SAFETY: valid for a read (contract).
    let most = unsafe { count.read() };
    let mut parts = 0;
    // SAFETY: a C string (contract).
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    let walked = Way::begin().go_by(name, |part| {
        if parts < most {
            // SAFETY: there is room for `most` numbers (contract).
            unsafe { mib.wrapping_add(parts).write(part) };
            parts += 1;
        }
        parts < most
    });
    if walked.is_ok() {
        // SAFETY: valid for a write (contract).
        unsafe { count.write(parts) };
    }
    number(walked)
}

/// As [`mesh_mallctl`], by the numbers of a name's parts.
///
/// # Safety
/// `mib` is valid for reads of `count` numbers; all else as for `mesh_mallctl`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mesh_mallctlbymib(
    mib: *const usize,
    count: usize,
    old_value: *mut c_void,
    old_size: *mut usize,
    new_value: *mut c_void,
    new_size: usize,
) -> c_int {
    let given = Exchange {
        old: old_value,
        old_size,
        new: new_value,
        new_size,
    };
    let mut way = Way::begin();
    let walked = (0..count).try_for_each(|part| {
        // SAFETY: one of the numbers (contract).
        way.go(unsafe { mib.wrapping_add(part).read() })
    });
    // SAFETY: the same contract.
    number(walked.and_then(|()| unsafe { exchange(&way, &given) }))
}

/// Reads, sets or does what stands at the end of `way`.
///
/// # Safety
/// What the caller gave is valid.
unsafe fn exchange(way: &Way, given: &Exchange) -> Result<(), c_int> {
    let leaf = way.end()?;
    // SAFETY: the same contract.
    unsafe { leaf.exchange(way, given) }
}

fn number(result: Result<(), c_int>) -> c_int {
    result.err().unwrap_or(0)
}
