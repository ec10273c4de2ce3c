//! Functions that are called by address, since their names are, or may be, ours or the program's.
//!
//! All of them stand in one section of the library, and are looked up together when it starts. What is needed before that is
//! looked up by itself, in the same way: while the process starts, it has one thread, and nothing is opened or closed.

use core::ffi::{CStr, c_void};
use core::ptr::null_mut;
use core::slice::from_raw_parts;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use crate::ground::loaded::{Name, Object, Objects};
use crate::ground::machine::two_addresses;

/// What the C library calls itself.
const C_LIBRARY: &CStr = c"libc.so.6";

/// Whose function is called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// That of the next object behind us that has one: the C library's, or that of another library in front of it.
    Next,
    /// The C library's own, whoever else stands in front of it.
    CLibrary,
}

/// A function, or a variable, of another object.
#[repr(C)]
pub(crate) struct Next {
    name: Name,
    whose: Whose,
    found: AtomicPtr<c_void>,
}

/// Whether all were looked up. What is null since then is not there.
static RESOLVED: AtomicBool = AtomicBool::new(false);

impl Next {
    /// The next definition of `name`. To be put into the section `mesh_next`.
    pub(crate) const fn new(name: &'static CStr) -> Self {
        Self::of(Whose::Next, name)
    }

    /// The C library's own `name`. To be put into the section `mesh_next`.
    pub(crate) const fn of_c_library(name: &'static CStr) -> Self {
        Self::of(Whose::CLibrary, name)
    }

    const fn of(whose: Whose, name: &'static CStr) -> Self {
        Self {
            name: Name::new(name),
            whose,
            found: AtomicPtr::new(null_mut()),
        }
    }

    pub(crate) fn name(&self) -> Name {
        self.name
    }

    /// The address; null when there is none.
    #[inline]
    pub(crate) fn address(&self) -> *mut c_void {
        let known = self.known();
        if known.is_null() {
            self.look_up()
        } else {
            known
        }
    }

    /// The address; null when there is none, or when nobody has looked yet.
    #[inline]
    pub(crate) fn known(&self) -> *mut c_void {
        // Relaxed: all who look it up find the same.
        self.found.load(Ordering::Relaxed)
    }

    #[cold]
    fn look_up(&self) -> *mut c_void {
        if !RESOLVED.load(Ordering::Relaxed) {
            for object in everywhere() {
                self.look_in(&object, object.is_called(C_LIBRARY));
            }
        }
        self.known()
    }

    /// Takes what `find` has for it, if nothing is known.
    pub(crate) fn take_if_missing(&self, find: impl FnOnce(Name) -> *mut c_void) -> *mut c_void {
        if self.found.load(Ordering::Relaxed).is_null() {
            self.found.store(find(self.name), Ordering::Relaxed);
        }
        self.found.load(Ordering::Relaxed)
    }

    /// Takes what `object` defines, if it is the first one.
    fn look_in(&self, object: &Object, is_c_library: bool) {
        if self.found.load(Ordering::Relaxed).is_null()
            && (self.whose == Whose::Next || is_c_library)
        {
            self.found.store(object.find(self.name), Ordering::Relaxed);
        }
    }
}

/// What an object before us defines as `name`, which is what the program has, and not ours; null when none does. To be called by the constructor.
pub(crate) fn in_front(name: Name) -> *mut c_void {
    Objects::before_us()
        .map(|object| object.find(name))
        .find(|found| !found.is_null())
        .unwrap_or(null_mut())
}

/// The objects in the order in which a definition is looked for. One that was opened by the program, and not at the start, has
/// its C library before it.
fn everywhere() -> impl Iterator<Item = Object> {
    Objects::after_us().chain(Objects::before_us())
}

/// All that are to be looked up.
fn all() -> &'static [Next] {
    let (start, end) = two_addresses!("__start_mesh_next", "__stop_mesh_next");
    let count = (end.addr() - start.addr()) / size_of::<Next>();
    // SAFETY: the linker puts the section together of values of this type, which have no space between them.
    unsafe { from_raw_parts(start.cast(), count) }
}

/// Looks up all names. To be called by the constructor, while the loader holds its lock for us.
pub(crate) fn resolve_all() {
    let names = all();
    for object in everywhere() {
        let is_c_library = object.is_called(C_LIBRARY);
        for name in names {
            name.look_in(&object, is_c_library);
        }
    }
    RESOLVED.store(true, Ordering::Relaxed);
}

/// Takes what `find` has for each name that was not found.
pub(crate) fn complete(find: impl Fn(Name) -> *mut c_void) {
    for name in all() {
        name.take_if_missing(&find);
    }
}

/// Declares a function that calls the C library's own `$name`, whoever stands in front of it; `$linked`, what the program has by
/// that name, where that is not known: in a static program the two are one.
macro_rules! own {
    ($vis:vis fn $function:ident = $name:literal or $linked:path, ( $($argument:ident : $type:ty),* $(,)? ) -> $result:ty) => {
        /// The C library's function.
        ///
        /// # Safety
        /// As for that function.
        $vis unsafe fn $function($($argument: $type),*) -> $result {
            #[unsafe(link_section = "mesh_next")]
            static OWN: $crate::ground::resolved::Next = $crate::ground::resolved::Next::of_c_library($name);
            type Function = unsafe extern "C" fn($($type),*) -> $result;
            let address = OWN.address();
            let function: Function = if address.is_null() {
                $linked
            } else {
                // SAFETY: the address of a function of this type.
                unsafe { core::mem::transmute::<*mut core::ffi::c_void, Function>(address) }
            };
            // SAFETY: the caller's promise.
            unsafe { function($($argument),*) }
        }
    };
}
pub(crate) use own;
