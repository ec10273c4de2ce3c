//! `errno`, which exists in this crate only.

/// The calling thread's `errno`.
fn place() -> *mut i32 {
    // SAFETY: has no preconditions.
    unsafe { libc::__errno_location() }
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
