//! Functions of the C library that we stand in front of.

use core::ffi::{CStr, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

/// The next definition of a function, looked up when it is first needed.
pub(crate) struct Next {
    name: &'static CStr,
    found: AtomicPtr<c_void>,
}

impl Next {
    pub(crate) const fn new(name: &'static CStr) -> Self {
        Self {
            name,
            found: AtomicPtr::new(null_mut()),
        }
    }

    /// The function's address; null when there is none.
    pub(crate) fn address(&self) -> *mut c_void {
        // Relaxed: all who look it up find the same.
        let known = self.found.load(Ordering::Relaxed);
        if !known.is_null() {
            return known;
        }
        // SAFETY: the name ends with a zero byte.
        let found = unsafe { libc::dlsym(libc::RTLD_NEXT, self.name.as_ptr()) };
        self.found.store(found, Ordering::Relaxed);
        found
    }
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
            static NEXT: $crate::ground::next::Next = $crate::ground::next::Next::new($name);
            let address = NEXT.address();
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
