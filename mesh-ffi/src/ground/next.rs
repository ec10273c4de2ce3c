//! Functions of the C library that we stand in front of.

use core::ffi::c_void;

use crate::ground::late;
pub(crate) use crate::ground::resolved::Next;

/// Another definition of what the objects of the start do not have; null when there is none.
#[cold]
#[inline(never)]
pub(crate) fn other(next: &Next) -> *mut c_void {
    late::definition(next.name(), 0)
}

/// Declares a function that calls the next definition of the C function `$name`. When there is none, it sets ENOSYS and
/// returns all ones, which is -1 for the functions that can fail.
macro_rules! next {
    ($vis:vis fn $function:ident = $name:literal ( $($argument:ident : $type:ty),* $(,)? ) -> $result:ty) => {
        /// Calls the next definition.
        ///
        /// # Safety
        /// As for the function of the C library.
        $vis unsafe fn $function($($argument: $type),*) -> $result {
            #[unsafe(link_section = "mesh_next")]
            static NEXT: $crate::ground::resolved::Next = $crate::ground::resolved::Next::new($name);
            let mut address = NEXT.address();
            if address.is_null() {
                address = $crate::ground::next::other(&NEXT);
            }
            if address.is_null() {
                $crate::ground::errno::set(libc::ENOSYS);
                return !0;
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
