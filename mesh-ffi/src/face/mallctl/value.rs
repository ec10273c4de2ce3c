//! Values and their C types.

use core::ffi::{CStr, c_char, c_int, c_void};

/// A value of one of the types that names have.
#[derive(Clone, Copy)]
pub(super) enum Value {
    /// `size_t`.
    Size(usize),
    /// `uint64_t`.
    Count(u64),
    /// `bool`.
    Bool(bool),
    /// `const char *`.
    Text(&'static CStr),
}

/// Writes `value` to `place`, which has `*size` bytes; EINVAL when that is another number than the type has. Nothing is
/// done without a place.
///
/// # Safety
/// `place` is null, or valid for writes of `*size` bytes; so is `size` for a read.
pub(super) unsafe fn write(
    value: Value,
    place: *mut c_void,
    size: *const usize,
) -> Result<(), c_int> {
    if place.is_null() || size.is_null() {
        return Ok(());
    }
    // SAFETY: valid for a read (contract).
    let room = unsafe { size.read() };
    match value {
        // SAFETY: valid for `room` bytes (contract).
        Value::Size(value) => unsafe { put(value, place, room) },
        // SAFETY: valid for `room` bytes (contract).
        Value::Count(value) => unsafe { put(value, place, room) },
        // SAFETY: valid for `room` bytes (contract).
        Value::Bool(value) => unsafe { put(value, place, room) },
        // SAFETY: valid for `room` bytes (contract); the text itself is static.
        Value::Text(value) => unsafe { put::<*const c_char>(value.as_ptr(), place, room) },
    }
}

unsafe fn put<T>(value: T, place: *mut c_void, room: usize) -> Result<(), c_int> {
    if room != size_of::<T>() {
        return Err(libc::EINVAL);
    }
    // SAFETY: valid for `room` bytes (contract of `write`), which may lie anywhere.
    unsafe { place.cast::<T>().write_unaligned(value) };
    Ok(())
}

/// Reads a value of the type of `kind` from `place`; EINVAL when it does not have that type's size, or is none of its values.
///
/// # Safety
/// `place` is valid for reads of `size` bytes.
pub(super) unsafe fn read(kind: Value, place: *const c_void, size: usize) -> Result<Value, c_int> {
    match kind {
        // SAFETY: valid for `size` bytes (contract).
        Value::Size(_) => unsafe { take(place, size) }.map(Value::Size),
        // SAFETY: valid for `size` bytes (contract).
        Value::Count(_) => unsafe { take(place, size) }.map(Value::Count),
        // SAFETY: valid for `size` bytes (contract).
        Value::Bool(_) => match unsafe { take::<u8>(place, size) }? {
            0 => Ok(Value::Bool(false)),
            1 => Ok(Value::Bool(true)),
            _ => Err(libc::EINVAL),
        },
        Value::Text(_) => Err(libc::EPERM),
    }
}

/// Reads a C string whose address is at `place`; EINVAL when that has another size, or there is no string.
///
/// # Safety
/// `place` is null or valid for reads of `size` bytes; what it points to is null or a C string, for as long as the result
/// is used.
pub(super) unsafe fn read_text<'a>(place: *const c_void, size: usize) -> Result<&'a CStr, c_int> {
    if place.is_null() {
        return Err(libc::EINVAL);
    }
    // SAFETY: the same contract. A pointer is read as the number that its address is, and made one again below.
    let address = unsafe { take::<usize>(place, size) }?;
    let text = core::ptr::with_exposed_provenance::<c_char>(address);
    if text.is_null() {
        return Err(libc::EINVAL);
    }
    // SAFETY: a C string (contract).
    Ok(unsafe { CStr::from_ptr(text) })
}

unsafe fn take<T: Copy>(place: *const c_void, size: usize) -> Result<T, c_int> {
    if size != size_of::<T>() {
        return Err(libc::EINVAL);
    }
    // SAFETY: valid for `size` bytes (contract of `read`), which may lie anywhere; every value of them is one of `T`, since
    // only numbers are asked for.
    Ok(unsafe { place.cast::<T>().read_unaligned() })
}
