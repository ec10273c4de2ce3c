//! Functions of the C library that we stand in front of.

use core::ffi::c_void;

pub(crate) use crate::ground::resolved::Next;
use crate::ground::{alone, errno, late};

/// The address of `next`, whether it is known or not; null when there is none, with ENOSYS. Apart from all the functions that ask for
/// theirs.
#[cold]
#[inline(never)]
pub(crate) fn found(next: &Next) -> *mut c_void {
    let mut found = next.address();
    if found.is_null() {
        // Before the constructor of a static program, that is where it is.
        found = next.take_if_missing(alone::stand_in);
    }
    if found.is_null() {
        found = late::definition(next.name(), 0);
    }
    if found.is_null() {
        alone::refuse(next.name());
        missing();
    }
    found
}

/// Sets `errno` for a function that is not there.
#[cold]
#[inline(never)]
pub(crate) fn missing() {
    errno::set(libc::ENOSYS);
}

/// Declares a function that calls the next definition of the C function `$name`. When there is none, it sets ENOSYS and
/// returns all ones, which is -1 for the functions that can fail.
macro_rules! next {
    ($vis:vis fn $function:ident = $name:literal ( $($argument:ident : $type:ty),* $(,)? ) -> $result:ty) => {
        /// Calls the next definition.
        ///
        /// # Safety
        /// As for the function of the C library.
        #[allow(clippy::too_many_arguments, reason = "as many as the function of the C library has")]
        $vis unsafe fn $function($($argument: $type),*) -> $result {
            #[unsafe(link_section = "mesh_next")]
            static NEXT: $crate::ground::resolved::Next = $crate::ground::resolved::Next::new($name);
            let mut address = NEXT.known();
            if address.is_null() {
                address = $crate::ground::next::found(&NEXT);
                if address.is_null() {
                    return !0;
                }
            }
            type Function = unsafe extern "C" fn($($type),*) -> $result;
            // SAFETY: the address of a function of this type.
            let function = unsafe { core::mem::transmute::<*mut core::ffi::c_void, Function>(address) };
            // SAFETY: the caller's promise.
            unsafe { function($($argument),*) }
        }
    };
}
pub(crate) use next;
