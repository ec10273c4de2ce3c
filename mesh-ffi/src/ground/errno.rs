//! `errno`, which exists in this crate only.

use crate::ground::resolved::own;

own!(fn location = c"__errno_location" or libc::__errno_location, () -> *mut i32);

/// The calling thread's `errno`.
fn place() -> *mut i32 {
    // SAFETY: has no preconditions.
    unsafe { location() }
}

/// Where the calling thread's `errno` is.
pub(crate) fn address() -> usize {
    place().addr()
}

/// Sets `errno`.
pub(crate) fn set(value: i32) {
    // SAFETY: valid for the calling thread.
    unsafe { place().write(value) };
}

/// The value of `errno`.
pub(crate) fn value() -> i32 {
    // SAFETY: valid for the calling thread.
    unsafe { place().read() }
}

/// Runs `act` and leaves `errno` as it was.
pub(crate) fn preserved<T>(act: impl FnOnce() -> T) -> T {
    let before = value();
    let result = act();
    set(before);
    result
}
