//! `mesh_mallctl`: figures, options and orders by name.

mod names;
mod value;

use core::ffi::{CStr, c_char, c_int, c_void};

use names::{Name, find};
use value::{read, read_text, write};

use crate::ground::tls;

/// Reads, sets or does what `name` stands for: see `mesh.h`. Returns 0 or an error number, and leaves `errno` alone.
///
/// # Safety
/// `name` is a C string. `old_value` is null or valid for writes of `*old_size` bytes; `new_value` is null or valid for
/// reads of `new_size` bytes.
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
    // SAFETY: a C string (contract).
    let Some(name) = find(unsafe { CStr::from_ptr(name) }.to_bytes()) else {
        return libc::ENOENT;
    };
    let wants_old = !old_value.is_null() && !old_size.is_null();
    let result = match name {
        Name::Order(_) if wants_old || !new_value.is_null() => Err(libc::EPERM),
        Name::Order(order) => {
            tls::within(order);
            Ok(())
        }
        Name::File(_) if wants_old => Err(libc::EPERM),
        Name::File(act) => {
            // SAFETY: the caller's promise.
            let file = unsafe { read_text(new_value, new_size) };
            file.and_then(|file| tls::within(|| act(file)))
        }
        Name::Figure(_) if !new_value.is_null() => Err(libc::EPERM),
        Name::Figure(figure) => {
            let value = tls::within(figure);
            // SAFETY: the caller's promise.
            unsafe { write(value, old_value, old_size) }
        }
        Name::Numbered(figure, number) => {
            if new_value.is_null() {
                let value = tls::within(|| figure(number));
                // SAFETY: the caller's promise.
                unsafe { write(value, old_value, old_size) }
            } else {
                Err(libc::EPERM)
            }
        }
        Name::Option(figure, set) => {
            // SAFETY: the caller's promise.
            let done = unsafe { write(tls::within(figure), old_value, old_size) };
            if new_value.is_null() {
                done
            } else {
                let kind = tls::within(figure);
                // SAFETY: the caller's promise.
                let new = unsafe { read(kind, new_value, new_size) };
                done.and(new).and_then(|new| tls::within(|| set(new)))
            }
        }
    };
    result.err().unwrap_or(0)
}
