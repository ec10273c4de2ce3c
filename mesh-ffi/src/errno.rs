//! `errno`, which exists in this crate only.

/// Sets `errno`.
pub(crate) fn set(value: i32) {
    // SAFETY: the C library's location is valid for the calling thread.
    unsafe { *libc::__errno_location() = value };
}

/// The value of `errno`.
pub(crate) fn value() -> i32 {
    // SAFETY: as in `set`.
    unsafe { *libc::__errno_location() }
}

/// Runs `act` and leaves `errno` as it was.
pub(crate) fn preserved<T>(act: impl FnOnce() -> T) -> T {
    let before = value();
    let result = act();
    set(before);
    result
}
