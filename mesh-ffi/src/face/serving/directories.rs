//! What a directory has.

use core::ffi::{c_char, c_int, c_void};

use libc::dirent64;

use crate::face::library::hand_over;
use crate::ground::next::next;

type Entries = *mut *mut *mut dirent64;

/// Makes the entries that were found, and their list, the program's.
///
/// # Safety
/// `entries` is where the address of a list of `count` of them is, unless that is negative.
unsafe fn hand_over_entries(entries: Entries, count: c_int) -> c_int {
    let Ok(number) = usize::try_from(count) else {
        return count;
    };
    // SAFETY: the function wrote it.
    let list = unsafe { entries.read() };
    if list.is_null() {
        return count;
    }
    for index in 0..number {
        // SAFETY: the list has so many entries.
        let place = unsafe { list.add(index) };
        // SAFETY: an entry of the list, which the function has written.
        let entry = unsafe { place.read() };
        // SAFETY: an entry, which may be shorter than its type, but not so short.
        let len = unsafe { (*entry).d_reclen };
        // SAFETY: new, and of this length.
        let handed = unsafe { hand_over(entry.cast(), usize::from(len)) };
        // SAFETY: a place of the list.
        unsafe { place.write(handed.cast()) };
    }
    // SAFETY: new, and of this length at least.
    let handed = unsafe { hand_over(list.cast(), number * size_of::<*mut dirent64>()) };
    // SAFETY: valid for a write (contract).
    unsafe { entries.write(handed.cast()) };
    count
}

/// Declares a function that lists a directory.
macro_rules! listing {
    ($($function:ident = $name:literal ($($argument:ident : $type:ty),*);)*) => {$(
        $crate::ground::only_shared::only_shared!($function);
        /// The function of the C library of this name.
        ///
        /// # Safety
        /// As for that function.
        pub(crate) unsafe extern "C" fn $function($($argument: $type,)* entries: Entries, wanted: *const c_void, order: *const c_void) -> c_int {
            next!(fn next = $name($($argument: $type,)* entries: Entries, wanted: *const c_void, order: *const c_void) -> c_int);
            // SAFETY: the same contract.
            let count = unsafe { next($($argument,)* entries, wanted, order) };
            // SAFETY: the function says how many entries the list has, or that there is none.
            unsafe { hand_over_entries(entries, count) }
        }
    )*};
}

listing! {
    scandir = c"scandir"(path: *const c_char);
    scandir64 = c"scandir64"(path: *const c_char);
    scandirat = c"scandirat"(directory: c_int, path: *const c_char);
    scandirat64 = c"scandirat64"(directory: c_int, path: *const c_char);
}
